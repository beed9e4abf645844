//! Whether a single value is what a [`Matcher`] asks for.

use regex_lite::{Regex, RegexBuilder};
use shakedown_scenario::expect::{Matcher, MatcherKind};

/// A pattern larger than this compiled is refused: a scenario file must not take the run's memory.
const PATTERN_LIMIT: usize = 1 << 20;

/// Whether `value` (absent: `None`) is what is asked for. `fill` puts values in the place of `${...}`.
///
/// # Errors
/// A pattern that is not a regular expression, or a variable that has no value.
pub(crate) fn holds(
    matcher: &Matcher,
    value: Option<&str>,
    fill: impl Fn(&str) -> Result<String, String>,
) -> Result<bool, String> {
    let kind = match matcher {
        Matcher::Equals(wanted) => return Ok(value == Some(fill(wanted)?.as_str())),
        Matcher::Kind(kind) => kind,
    };
    Ok(match kind {
        MatcherKind::Present(wanted) => value.is_some() == *wanted,
        MatcherKind::Not(unwanted) => value != Some(fill(unwanted)?.as_str()),
        MatcherKind::Contains(part) => {
            let part = fill(part)?;
            value.is_some_and(|value| value.contains(&part))
        }
        MatcherKind::Matches(pattern) => {
            let whole = whole(&fill(pattern)?)?;
            value.is_some_and(|value| whole.is_match(value))
        }
        MatcherKind::AbsentOrMatches(pattern) => {
            let whole = whole(&fill(pattern)?)?;
            value.is_none_or(|value| whole.is_match(value))
        }
        MatcherKind::AtLeast(least) => number(value).is_some_and(|n| n >= *least),
        MatcherKind::AtMost(most) => number(value).is_some_and(|n| n <= *most),
    })
}

/// A pattern for the whole text.
fn whole(pattern: &str) -> Result<Regex, String> {
    RegexBuilder::new(&format!("^(?:{pattern})$"))
        .size_limit(PATTERN_LIMIT)
        .build()
        .map_err(|error| format!("`{pattern}` is not a regular expression: {error}"))
}

fn number(value: Option<&str>) -> Option<u64> {
    value?.trim().parse().ok()
}

/// What is asked for, in words.
pub(crate) fn describe(matcher: &Matcher, fill: impl Fn(&str) -> Result<String, String>) -> String {
    let text = |text: &str| fill(text).unwrap_or_else(|_| text.to_owned());
    match matcher {
        Matcher::Equals(wanted) => text(wanted),
        Matcher::Kind(MatcherKind::Present(true)) => "present".to_owned(),
        Matcher::Kind(MatcherKind::Present(false)) => "absent".to_owned(),
        Matcher::Kind(MatcherKind::Not(unwanted)) => format!("anything but `{}`", text(unwanted)),
        Matcher::Kind(MatcherKind::Contains(part)) => format!("contains `{}`", text(part)),
        Matcher::Kind(MatcherKind::Matches(pattern)) => format!("matches `{}`", text(pattern)),
        Matcher::Kind(MatcherKind::AbsentOrMatches(pattern)) => format!("absent, or matches `{}`", text(pattern)),
        Matcher::Kind(MatcherKind::AtLeast(least)) => format!("at least {least}"),
        Matcher::Kind(MatcherKind::AtMost(most)) => format!("at most {most}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plain(text: &str) -> Result<String, String> {
        Ok(text.to_owned())
    }

    #[test]
    fn each_kind_can_hold_and_can_fail() {
        let kind = Matcher::Kind;
        for (matcher, good, bad) in [
            (Matcher::Equals("0-9".into()), Some("0-9"), Some("bytes=0-9")),
            (kind(MatcherKind::Present(true)), Some(""), None),
            (kind(MatcherKind::Present(false)), None, Some("x")),
            (kind(MatcherKind::Not("a".into())), Some("b"), Some("a")),
            (kind(MatcherKind::Contains("lo".into())), Some("hello"), None),
            (kind(MatcherKind::Matches("[0-9]+".into())), Some("42"), Some("42s")),
            (kind(MatcherKind::AbsentOrMatches("[a-z]+".into())), None, Some("42")),
            (kind(MatcherKind::AbsentOrMatches("[a-z]+".into())), Some("abc"), Some("")),
            (kind(MatcherKind::AtLeast(2)), Some("2"), Some("1")),
            (kind(MatcherKind::AtMost(2)), Some("2"), Some("many")),
        ] {
            assert_eq!(holds(&matcher, good, plain), Ok(true), "{matcher:?}");
            assert_eq!(holds(&matcher, bad, plain), Ok(false), "{matcher:?}");
        }
    }

    #[test]
    fn a_bad_pattern_is_an_error_and_not_a_failure() {
        let matcher = Matcher::Kind(MatcherKind::Matches("(".into()));
        assert!(holds(&matcher, Some("x"), plain).unwrap_err().contains("not a regular expression"));
    }
}
