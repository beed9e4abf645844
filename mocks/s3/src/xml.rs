//! S3's XML, both ways, bounded: no DTD, no entities beyond XML's five and character references, few levels, few elements.
//! Not here: what the documents mean (`ops`).

use quick_xml::Reader;
use quick_xml::events::Event;

use crate::error::{Code, S3Error};

/// S3's name space.
const NAMESPACE: &str = "http://s3.amazonaws.com/doc/2006-03-01/";
/// The largest XML body that is read.
pub(crate) const MAX_BYTES: usize = 1 << 20;
const MAX_DEPTH: usize = 8;
const MAX_ELEMENTS: usize = 80_000;

/// Writes one small document.
#[derive(Debug)]
pub(crate) struct XmlWriter {
    text: String,
    root: &'static str,
}

impl XmlWriter {
    /// A document whose root is in S3's name space.
    pub(crate) fn new(root: &'static str) -> Self {
        Self::with_root(root, &format!("<{root} xmlns=\"{NAMESPACE}\">"))
    }

    /// A document whose root is in no name space (errors).
    pub(crate) fn bare(root: &'static str) -> Self {
        Self::with_root(root, &format!("<{root}>"))
    }

    fn with_root(root: &'static str, start: &str) -> Self {
        Self { text: format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n{start}"), root }
    }

    /// An element that holds text.
    pub(crate) fn text(&mut self, name: &str, text: impl AsRef<str>) -> &mut Self {
        let text = text.as_ref();
        self.raw(&format!("<{name}>"));
        escape_into(&mut self.text, text);
        self.raw(&format!("</{name}>"))
    }

    /// Text of the root itself.
    pub(crate) fn content(&mut self, text: &str) -> &mut Self {
        escape_into(&mut self.text, text);
        self
    }

    /// An element that holds what can be printed.
    pub(crate) fn value(&mut self, name: &str, value: impl std::fmt::Display) -> &mut Self {
        self.text(name, value.to_string())
    }

    /// An element that holds elements.
    pub(crate) fn group(&mut self, name: &str, fill: impl FnOnce(&mut Self)) -> &mut Self {
        self.raw(&format!("<{name}>"));
        fill(self);
        self.raw(&format!("</{name}>"))
    }

    fn raw(&mut self, text: &str) -> &mut Self {
        self.text.push_str(text);
        self
    }

    /// The document.
    pub(crate) fn finish(mut self) -> String {
        let end = format!("</{}>", self.root);
        self.raw(&end);
        self.text
    }
}

fn escape_into(out: &mut String, text: &str) {
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            // S3 writes control characters as references although XML 1.0 has none for most of them (INCIDENTS B09).
            c if c < ' ' || c == '\u{7f}' => out.push_str(&format!("&#x{:x};", u32::from(c))),
            c => out.push(c),
        }
    }
}

/// An element as read: its local name, its own text and its children.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Element {
    pub(crate) name: String,
    pub(crate) text: String,
    pub(crate) children: Vec<Element>,
}

impl Element {
    /// Reads a document with the given root.
    pub(crate) fn parse(bytes: &[u8], root: &str) -> Result<Self, S3Error> {
        let element = read(bytes).ok_or(Code::MalformedXML)?;
        if element.name == root { Ok(element) } else { Err(Code::MalformedXML.into()) }
    }

    /// The text of the first child of that name.
    pub(crate) fn child(&self, name: &str) -> Option<&str> {
        self.children.iter().find(|child| child.name == name).map(|child| child.text.as_str())
    }
}

/// `None` for anything that is not one well-formed, small document.
fn read(bytes: &[u8]) -> Option<Element> {
    let text = std::str::from_utf8(bytes).ok()?;
    let mut reader = Reader::from_str(text.trim_start_matches('\u{feff}'));
    reader.config_mut().expand_empty_elements = true;
    let mut open: Vec<Element> = Vec::new();
    let mut root = None;
    let mut count = 0;
    loop {
        match reader.read_event().ok()? {
            Event::Start(start) => {
                count += 1;
                if root.is_some() || open.len() >= MAX_DEPTH || count > MAX_ELEMENTS {
                    return None;
                }
                open.push(Element { name: start.local_name().as_ref().to_owned(), ..Element::default() });
            }
            Event::End(_) => {
                let mut element = open.pop()?;
                if !element.children.is_empty() {
                    element.text.clear();
                }
                match open.last_mut() {
                    Some(parent) => parent.children.push(element),
                    None => root = Some(element),
                }
            }
            Event::Text(text) => append(&mut open, &text.xml10_content())?,
            Event::CData(text) => append(&mut open, &text.xml10_content())?,
            Event::GeneralRef(reference) => {
                let c = match reference.resolve_char_ref().ok()? {
                    Some(c) => c,
                    None => predefined(&reference.xml10_content())?,
                };
                append(&mut open, c.encode_utf8(&mut [0; 4]))?;
            }
            Event::DocType(_) => return None,
            Event::Eof => return root.filter(|_| open.is_empty()),
            _ => {}
        }
    }
}

fn append(open: &mut [Element], text: &str) -> Option<()> {
    match open.last_mut() {
        Some(element) => element.text.push_str(text),
        None if text.trim().is_empty() => {}
        None => return None,
    }
    Some(())
}

fn predefined(name: &str) -> Option<char> {
    Some(match name {
        "amp" => '&',
        "lt" => '<',
        "gt" => '>',
        "quot" => '"',
        "apos" => '\'',
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_document_is_read() {
        let text = br#"<?xml version="1.0"?><Delete xmlns="http://s3.amazonaws.com/doc/2006-03-01/">
            <Object><Key>a&amp;&#x62;&lt;<![CDATA[<c>]]></Key></Object><Quiet>true</Quiet><Empty/></Delete>"#;
        let root = Element::parse(text, "Delete").unwrap();
        assert_eq!(root.children[0].child("Key"), Some("a&b<<c>"));
        assert_eq!(root.child("Quiet"), Some("true"));
        assert_eq!(root.child("Empty"), Some(""));
    }

    #[test]
    fn what_is_not_a_small_document_is_refused() {
        let deep = format!("{}{}", "<a>".repeat(100_000), "</a>".repeat(100_000));
        let many = format!("<a>{}</a>", "<b/>".repeat(MAX_ELEMENTS + 1));
        let dtd = r#"<!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>"#;
        for bad in [
            "",
            "text",
            "<a>",
            "<a></b>",
            "<a/><a/>",
            "<a>&x;</a>",
            "<a/>x",
            "<b/>",
            "<a>&#xD800;</a>",
            dtd,
            &deep,
            &many,
        ] {
            let error = Element::parse(bad.as_bytes(), "a").unwrap_err();
            assert_eq!(error.code, Code::MalformedXML, "{}", &bad[..bad.len().min(40)]);
        }
        assert!(Element::parse(b"<a>\xff</a>", "a").is_err());
    }

    proptest! {
        #[test]
        fn no_bytes_make_the_reader_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = read(&bytes);
        }

        #[test]
        fn what_is_written_is_read_back(text in "[ -~\u{a0}-\u{2fff}\n\t]{0,60}") {
            let mut xml = XmlWriter::new("a");
            xml.text("b", &text);
            let root = Element::parse(xml.finish().as_bytes(), "a").unwrap();
            prop_assert_eq!(root.child("b"), Some(text.as_str()));
        }
    }
}
