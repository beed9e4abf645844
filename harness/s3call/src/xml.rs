//! S3's small XML: read into a tree with bounds, written from names and texts. Not here: what the elements mean.

use quick_xml::escape::{escape, resolve_predefined_entity};
use quick_xml::events::Event;
use quick_xml::reader::Reader;

const MAX_DEPTH: usize = 16;
/// A page of a listing has about 10,000 elements; a body of nothing but tags must not fill the memory.
const MAX_ELEMENTS: usize = 200_000;

/// One element: its local name, its own text, its children in order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Element {
    /// Its name without a prefix.
    pub name: String,
    /// Its own text.
    pub text: String,
    /// The elements in it.
    pub children: Vec<Element>,
}

impl Element {
    /// The first child with this name.
    pub fn child(&self, name: &str) -> Option<&Self> {
        self.children.iter().find(|child| child.name == name)
    }

    /// The text of the first child with this name, trimmed.
    pub fn text_of(&self, name: &str) -> Option<&str> {
        self.child(name).map(|child| child.text.trim())
    }

    /// All children with this name.
    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Self> {
        self.children.iter().filter(move |child| child.name == name)
    }
}

/// Why bytes are not a whole XML document.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum XmlError {
    /// There is nothing.
    #[error("the body is empty")]
    Empty,
    /// Bytes that are no text.
    #[error("the body is not UTF-8")]
    NotUtf8,
    /// Text that is not XML, or not within bounds.
    #[error("the body is not XML: {0}")]
    Syntax(String),
    /// Elements that are not closed.
    #[error("the XML ends in the middle")]
    Cut,
}

/// Reads a whole document; leading blanks (sent to keep a connection alive, incident A10) are skipped.
///
/// # Errors
/// The bytes are not one whole document within bounds.
pub fn parse(bytes: &[u8]) -> Result<Element, XmlError> {
    let text = std::str::from_utf8(bytes).map_err(|_| XmlError::NotUtf8)?.trim_start();
    if text.is_empty() {
        return Err(XmlError::Empty);
    }
    let mut reader = Reader::from_str(text);
    let mut open: Vec<Element> = Vec::new();
    let mut seen = 0;
    loop {
        let event = reader.read_event().map_err(|error| XmlError::Syntax(error.to_string()))?;
        if matches!(event, Event::Start(_) | Event::Empty(_)) {
            seen += 1;
            if seen > MAX_ELEMENTS {
                return Err(XmlError::Syntax(format!("more than {MAX_ELEMENTS} elements")));
            }
        }
        match event {
            Event::Start(start) => {
                if open.len() == MAX_DEPTH {
                    return Err(XmlError::Syntax(format!("nested deeper than {MAX_DEPTH}")));
                }
                open.push(Element { name: local(start.local_name().as_ref()), ..Element::default() });
            }
            Event::Empty(empty) => {
                let element = Element { name: local(empty.local_name().as_ref()), ..Element::default() };
                match open.last_mut() {
                    Some(parent) => parent.children.push(element),
                    None => return Ok(element),
                }
            }
            Event::End(_) => {
                let Some(done) = open.pop() else { return Err(XmlError::Syntax("an end without a start".into())) };
                match open.last_mut() {
                    Some(parent) => parent.children.push(done),
                    None => return Ok(done),
                }
            }
            Event::Text(text) => append(&mut open, &text.xml10_content())?,
            Event::CData(text) => append(&mut open, &text.xml10_content())?,
            Event::GeneralRef(reference) => {
                let resolved = match reference.resolve_char_ref() {
                    Ok(Some(character)) => Some(character.to_string()),
                    Ok(None) => resolve_predefined_entity(&reference.xml10_content()).map(str::to_owned),
                    Err(error) => return Err(XmlError::Syntax(error.to_string())),
                };
                append(&mut open, &resolved.ok_or_else(|| XmlError::Syntax("an unknown entity".into()))?)?;
            }
            Event::Eof => return Err(XmlError::Cut),
            Event::Comment(_) | Event::Decl(_) | Event::PI(_) | Event::DocType(_) => {}
        }
    }
}

fn local(name: impl AsRef<str>) -> String {
    name.as_ref().to_owned()
}

/// What XML 1.0 lets stand in a document; some stores write keys with control characters as they are (incident B09).
fn is_character(c: char) -> bool {
    matches!(c, '\t' | '\n' | '\r' | ' '..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..)
}

fn append(open: &mut [Element], text: &str) -> Result<(), XmlError> {
    if !text.chars().all(is_character) {
        return Err(XmlError::Syntax("a control character".into()));
    }
    match open.last_mut() {
        Some(element) => element.text.push_str(text),
        None if text.trim().is_empty() => {}
        None => return Err(XmlError::Syntax("text before the root element".into())),
    }
    Ok(())
}

/// `<name>escaped text</name>`.
pub fn element(name: &str, text: &str) -> String {
    format!("<{name}>{}</{name}>", escape(text))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_document_becomes_a_tree() {
        let root =
            parse(b"   <?xml version=\"1.0\"?><A xmlns=\"http://s3\"><K>a&amp;b&#33;</K><E/><K>2</K></A>").unwrap();
        assert_eq!(root.name, "A");
        assert_eq!(root.text_of("K"), Some("a&b!"));
        assert_eq!(root.all("K").count(), 2);
        assert!(root.child("E").is_some());
        assert_eq!(parse(element("K", "<&>").as_bytes()).unwrap().text, "<&>");
    }

    #[test]
    fn what_is_not_a_whole_document_is_refused() {
        assert_eq!(parse(b"  \n"), Err(XmlError::Empty));
        assert_eq!(parse(b"\xff"), Err(XmlError::NotUtf8));
        assert_eq!(parse(b"<A><K>1</K>"), Err(XmlError::Cut));
        assert!(matches!(parse(b"{\"a\":1}"), Err(XmlError::Syntax(_) | XmlError::Cut)));
        assert!(matches!(parse(b"<A>\x1b[</A>"), Err(XmlError::Syntax(_))));
        assert!(matches!(parse(b"<html><br><p></html>"), Err(XmlError::Syntax(_))));
        assert!(matches!(
            parse(format!("<a>{}</a>", "<b/>".repeat(MAX_ELEMENTS)).as_bytes()),
            Err(XmlError::Syntax(_))
        ));
        assert!(matches!(parse(b"<!DOCTYPE a [<!ENTITY x \"yy\">]><a>&x;</a>"), Err(XmlError::Syntax(_))));
        assert!(matches!(parse("<a>".repeat(1000).as_bytes()), Err(XmlError::Syntax(_))));
    }

    proptest! {
        #[test]
        fn any_answer_is_a_tree_or_refused(
            bytes in proptest::collection::vec(any::<u8>(), 0..60),
            parts in proptest::collection::vec(proptest::sample::select(&["<", "<a", ">", "/>", "</a>", "<a>", "&", "&lt;", "&#x1;", "&#", ";", "<![CDATA[", "]]>", "<!--", "-->", "<?xml", "<!DOCTYPE", "x", "\u{feff}", " "][..]), 0..30),
        ) {
            let _ = parse(&bytes);
            let _ = parse(parts.concat().as_bytes());
        }

        #[test]
        fn text_survives(text in "[ -~\u{a0}-\u{2fff}\n\t]{0,60}") {
            prop_assert_eq!(parse(element("K", &text).as_bytes()).unwrap().text, text);
        }
    }
}
