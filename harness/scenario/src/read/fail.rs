//! Why a value cannot be read, kept as data until its place and its words are known.

use std::fmt;

use serde::de::{self, Expected, Unexpected};

use super::tree::{At, Node};
use crate::problem::{Mistake, shown};

/// A failed reading on its way up the tree.
#[derive(Debug, Clone)]
pub(crate) struct Fail {
    why: Box<Why>,
    /// The innermost value (or key) that it is about.
    at: Option<At>,
    /// The container that lacks something.
    lacking: Option<usize>,
    /// The innermost place that can be taken out: container and index.
    pub slot: Option<(usize, usize)>,
}

#[derive(Debug, Clone)]
enum Why {
    Text(String),
    Unknown { what: &'static str, name: String, known: &'static [&'static str] },
    Missing(&'static str),
    Type { found: String, expected: String },
}

impl Fail {
    /// Notes the value it is about, unless one further in is noted.
    pub(crate) fn at(mut self, node: &Node) -> Self {
        if self.at.is_none() {
            self.at = Some(node.at);
            self.lacking = Some(node.id());
        }
        self
    }

    /// Notes a key as the place.
    pub(crate) fn at_key(mut self, at: At) -> Self {
        self.at.get_or_insert(at);
        self
    }

    /// Notes what can be taken out, unless something further in is noted.
    pub(crate) fn slot(mut self, container: &Node, index: usize) -> Self {
        self.slot.get_or_insert((container.id(), index));
        self
    }

    /// The field that is missing, and from which container.
    pub(crate) fn missing(&self) -> Option<(&'static str, usize)> {
        match (&*self.why, self.lacking) {
            (Why::Missing(field), Some(container)) => Some((field, container)),
            _ => None,
        }
    }

    /// The container that it is about, if it is about one as a whole.
    pub(crate) fn whole(&self) -> Option<usize> {
        self.lacking
    }

    /// The words for it.
    pub(crate) fn mistake(&self, root: At) -> Mistake {
        let at = self.at.unwrap_or(root);
        match &*self.why {
            Why::Text(text) => Mistake::new(at, shown_long(text)),
            Why::Missing(field) => Mistake::new(at, format!("`{field}` is missing"))
                .label(format!("add `{field}:` here"))
                .help(format!("write `{field}: ...`")),
            Why::Type { found, expected } => {
                let help = match (expected.as_str(), found.as_str()) {
                    ("a list", "nothing" | "a mapping") => "begin each item with `- `",
                    ("a list", _) => "put it in brackets: `[...]`",
                    ("a text", "nothing") => "write a text; an empty one is \"\"",
                    _ => "",
                };
                Mistake::new(at, format!("expected {expected}, found {found}"))
                    .label(format!("this is {found}"))
                    .help(help)
            }
            Why::Unknown { what, name, known } => {
                let list = known.iter().map(|k| format!("`{k}`")).collect::<Vec<_>>().join(", ");
                let allowed =
                    if known.is_empty() { "nothing can stand here".to_owned() } else { format!("known: {list}") };
                let guess = nearest(name, known.iter().copied());
                let help = guess.map_or_else(|| allowed.clone(), |near| format!("did you mean `{near}`? {allowed}"));
                Mistake::new(at, format!("unknown {what} `{}`", shown(name)))
                    .label(format!("unknown {what}"))
                    .help(help)
            }
        }
    }

    /// Gives an "unknown" its noun, e.g. the enum's.
    pub(crate) fn noun(mut self, noun: &'static str) -> Self {
        if let Why::Unknown { what, .. } = &mut *self.why
            && *what == "value"
        {
            *what = noun;
        }
        self
    }

    pub(crate) fn wrong_type(found: &str, expected: impl Into<String>) -> Self {
        Self::from(Why::Type { found: found.to_owned(), expected: expected.into() })
    }
}

impl From<Why> for Fail {
    fn from(why: Why) -> Self {
        Self { why: Box::new(why), at: None, lacking: None, slot: None }
    }
}

/// The known name that is nearest to `name`, if one is near enough.
pub(crate) fn nearest<'k>(name: &str, known: impl IntoIterator<Item = &'k str>) -> Option<&'k str> {
    let name: String =
        name.chars().take(100).flat_map(char::to_lowercase).map(|c| if c == '_' { '-' } else { c }).collect();
    let mut best: Option<(usize, &str)> = None;
    for candidate in known {
        let distance = strsim::damerau_levenshtein(&name, &candidate.to_lowercase());
        let allowed = (candidate.chars().count().max(3) / 3).min(4);
        if distance <= allowed && best.is_none_or(|(least, _)| distance < least) {
            best = Some((distance, candidate));
        }
    }
    best.map(|(_, candidate)| candidate)
}

fn shown_long(text: &str) -> String {
    let one_line: String = text.chars().take(1_000).map(|c| if c.is_control() { ' ' } else { c }).collect();
    one_line
}

fn found(unexpected: &Unexpected<'_>) -> String {
    match unexpected {
        Unexpected::Bool(value) => format!("`{value}`"),
        Unexpected::Unsigned(number) => format!("the number {number}"),
        Unexpected::Signed(number) => format!("the number {number}"),
        Unexpected::Float(number) => format!("the number {number}"),
        Unexpected::Str(text) => format!("the text `{}`", shown(text)),
        Unexpected::Unit | Unexpected::Option => "nothing".to_owned(),
        Unexpected::Seq => "a list".to_owned(),
        Unexpected::Map => "a mapping".to_owned(),
        other => other.to_string(),
    }
}

fn expected(expected: &dyn Expected) -> String {
    let text = expected.to_string();
    match text.as_str() {
        "a string" => "a text".to_owned(),
        "a sequence" => "a list".to_owned(),
        "a map" => "a mapping".to_owned(),
        "a boolean" => "true or false".to_owned(),
        "u8" | "u16" | "u32" | "u64" | "usize" => "a number".to_owned(),
        "i8" | "i16" | "i32" | "i64" => "a whole number".to_owned(),
        "f32" | "f64" => "a number".to_owned(),
        other if other.starts_with("struct ") => "a mapping".to_owned(),
        _ => text,
    }
}

impl fmt::Display for Fail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.mistake(At::default()).message)
    }
}

impl std::error::Error for Fail {}

impl de::Error for Fail {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Why::Text(message.to_string()).into()
    }

    fn invalid_type(unexpected: Unexpected<'_>, wanted: &dyn Expected) -> Self {
        Why::Type { found: found(&unexpected), expected: expected(wanted) }.into()
    }

    fn invalid_value(unexpected: Unexpected<'_>, wanted: &dyn Expected) -> Self {
        Self::invalid_type(unexpected, wanted)
    }

    fn unknown_variant(variant: &str, known: &'static [&'static str]) -> Self {
        Why::Unknown { what: "value", name: variant.to_owned(), known }.into()
    }

    fn unknown_field(field: &str, known: &'static [&'static str]) -> Self {
        Why::Unknown { what: "key", name: field.to_owned(), known }.into()
    }

    fn missing_field(field: &'static str) -> Self {
        Why::Missing(field).into()
    }
}

#[cfg(test)]
mod tests {
    use super::nearest;

    #[test]
    fn guesses_are_near_or_absent() {
        let known = ["image", "as", "mode", "head-first", "within"];
        assert_eq!(nearest("imgae", known), Some("image"));
        assert_eq!(nearest("head_first", known), Some("head-first"));
        assert_eq!(nearest("Within", known), Some("within"));
        assert_eq!(nearest("colour", known), None);
        assert_eq!(nearest(&"x".repeat(1 << 20), known), None);
    }
}
