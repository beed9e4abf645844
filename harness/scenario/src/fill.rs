//! `${name}` in texts: finding them, and filling them in. `$${` is a literal `${`.

use std::borrow::Cow;
use std::collections::BTreeMap;

use crate::read::limits;

/// A piece of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Piece<'t> {
    /// As it stands.
    Literal(&'t str),
    /// `$${`: stands for `${`.
    Escape,
    /// `${name}`.
    Name(&'t str),
    /// `${` without an end.
    Open(&'t str),
}

/// Splits a text at its `${name}`s.
pub(crate) fn pieces(text: &str) -> impl Iterator<Item = Piece<'_>> {
    let mut rest = text;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        if let Some(after) = rest.strip_prefix("$${") {
            rest = after;
            return Some(Piece::Escape);
        }
        if let Some(after) = rest.strip_prefix("${") {
            let Some(end) = after.find(['}', '\n']).filter(|end| after[*end..].starts_with('}')) else {
                return Some(Piece::Open(std::mem::take(&mut rest)));
            };
            rest = &after[end + 1..];
            return Some(Piece::Name(&after[..end]));
        }
        let escape = rest.find("$${");
        let name = rest.find("${");
        let end = escape.into_iter().chain(name).min().unwrap_or(rest.len());
        let (literal, after) = rest.split_at(end);
        rest = after;
        Some(Piece::Literal(literal))
    })
}

/// The names in a text, in order.
pub(crate) fn names(text: &str) -> impl Iterator<Item = &str> {
    pieces(text).filter_map(|piece| match piece {
        Piece::Name(name) => Some(name),
        _ => None,
    })
}

/// Fills in the names that `vars` knows and leaves all else as it stands, escapes included.
pub(crate) fn known<'t>(text: &'t str, vars: &BTreeMap<String, String>) -> Cow<'t, str> {
    if !names(text).any(|name| vars.contains_key(name)) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    for piece in pieces(text) {
        match piece {
            Piece::Literal(literal) | Piece::Open(literal) => out.push_str(literal),
            Piece::Escape => out.push_str("$${"),
            Piece::Name(name) => match vars.get(name) {
                // A bounded text: what does not fit is left out of a file that is wrong anyhow.
                Some(value) if out.len() + value.len() <= limits::FILLED_BYTES => out.push_str(value),
                Some(_) => {}
                None => {
                    out.push_str("${");
                    out.push_str(name);
                    out.push('}');
                }
            },
        }
    }
    Cow::Owned(out)
}

/// Fills in all names of a text at run time. The error is the name that `value` does not know.
///
/// ```
/// let repo = |name: &str| (name == "repo").then(|| "lab/app".to_owned());
/// assert_eq!(shakedown_scenario::fill("/v2/${repo}/tags/list", &repo).unwrap(), "/v2/lab/app/tags/list");
/// assert_eq!(shakedown_scenario::fill("a $${b}", &repo).unwrap(), "a ${b}");
/// assert_eq!(shakedown_scenario::fill("${tag}", &repo).unwrap_err(), "tag");
/// ```
pub fn fill(text: &str, value: &dyn Fn(&str) -> Option<String>) -> Result<String, String> {
    let mut out = String::with_capacity(text.len());
    for piece in pieces(text) {
        match piece {
            Piece::Literal(literal) | Piece::Open(literal) => out.push_str(literal),
            Piece::Escape => out.push_str("${"),
            Piece::Name(name) => out.push_str(&value(name).ok_or_else(|| name.to_owned())?),
        }
    }
    Ok(out)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn names_are_found_and_escapes_kept() {
        let vars = BTreeMap::from([("a".to_owned(), "1".to_owned())]);
        assert_eq!(known("x${a}-${b}-$${a}-${", &vars), "x1-${b}-$${a}-${");
        assert_eq!(names("${a}${b.c}$${d}").collect::<Vec<_>>(), ["a", "b.c"]);
        assert_eq!(pieces("${a\n}").collect::<Vec<_>>(), [Piece::Open("${a\n}")]);
    }

    proptest! {
        #[test]
        fn pieces_lose_nothing(text in "[${}a\n]{0,40}|.*") {
            let mut back = String::new();
            for piece in pieces(&text) {
                match piece {
                    Piece::Literal(t) | Piece::Open(t) => back.push_str(t),
                    Piece::Escape => back.push_str("$${"),
                    Piece::Name(n) => back.push_str(&format!("${{{n}}}")),
                }
            }
            prop_assert_eq!(back, text);
        }
    }
}
