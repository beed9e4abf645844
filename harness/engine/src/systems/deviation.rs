//! Known deviations of a system: the shape of an entry, the reading of lists. Not here: which failures they excuse (`deviations`).

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use shakedown_scenario::OneOrMany;

use super::file::{SystemFileError, parse_yaml};

/// How a reason begins that nobody has written yet.
pub(crate) const TO_FILL_IN: &str = "FILL IN";

/// One known difference of a system from what scenarios ask of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Deviation {
    /// Ids of scenarios: `id[case]`, `id` for all its cases, `*` for any characters.
    pub scenario: OneOrMany<String>,
    /// Only failures of a check that stands for this rule.
    #[serde(default)]
    pub rule: Option<String>,
    /// Only failures of this check (`status`, `header location`, ...); `*` for any characters.
    #[serde(default)]
    pub check: Option<String>,
    /// Why it is so, for people.
    pub reason: String,
    /// Where to read more: an issue, a change.
    #[serde(default)]
    pub link: Option<String>,
    /// Only of systems that call themselves this version; `*` for any characters.
    #[serde(default)]
    pub version: Option<String>,
    /// The last day on which it counts, `2027-12-31`.
    #[serde(default)]
    pub expires: Option<String>,
    /// It depends on timing or on order by chance: that it does not occur is no news.
    #[serde(default)]
    pub sometimes: bool,
}

/// A list of its own, for `--deviations`.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
struct DeviationFile {
    deviations: Vec<Deviation>,
}

impl Deviation {
    /// Reads a list: `deviations: [...]`, as it stands in a system file.
    ///
    /// # Errors
    /// The first thing that is wrong with it, with its place.
    pub fn parse_list(name: &str, text: &str) -> Result<Vec<Self>, SystemFileError> {
        let file: DeviationFile = parse_yaml(name, text)?;
        let whole = |message| SystemFileError { name: name.to_owned(), message, line: 0, column: 0 };
        check_all(&file.deviations).map_err(whole)?;
        Ok(file.deviations)
    }
}

/// What is wrong with the entries of a list.
pub(super) fn check_all(list: &[Deviation]) -> Result<(), String> {
    for deviation in list {
        let named = deviation.scenario.0.first().map_or("an entry without a scenario", String::as_str);
        let wrong = |what: &str| Err(format!("`deviations`: {named}: {what}"));
        if deviation.scenario.is_empty() || deviation.scenario.iter().any(|pattern| pattern.trim().is_empty()) {
            return wrong("`scenario` must name one at least");
        }
        if deviation.reason.trim().is_empty() || deviation.reason.starts_with(TO_FILL_IN) {
            return wrong("its reason is still to be filled in");
        }
        let is_day = |text: &String| time::Date::parse(text, DAY).is_ok();
        if deviation.expires.as_ref().is_some_and(|day| !is_day(day)) {
            return wrong("`expires` is a day: YYYY-MM-DD");
        }
    }
    Ok(())
}

/// `2027-12-31`.
pub(crate) const DAY: &[time::format_description::BorrowedFormatItem<'static>] =
    time::macros::format_description!("[year]-[month]-[day]");

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_is_read_and_its_mistakes_have_their_place() {
        let good = "deviations:\n- { scenario: [a, 'b*'], reason: because, expires: '2027-12-31' }\n";
        assert_eq!(Deviation::parse_list("x", good).unwrap()[0].scenario.0, ["a", "b*"]);
        for (bad, message) in [
            ("deviations:\n- { scenario: a, reson: b }\n", "reson"),
            ("deviations:\n- { scenario: a, reason: '' }\n", "a: its reason is still to be filled in"),
            ("deviations:\n- { scenario: a, reason: 'FILL IN: why' }\n", "a: its reason is still to be filled in"),
            ("deviations:\n- { scenario: [], reason: b }\n", "must name one"),
            ("deviations:\n- { scenario: a, reason: b, expires: tomorrow }\n", "YYYY-MM-DD"),
        ] {
            let error = Deviation::parse_list("x", bad).unwrap_err();
            assert!(error.message.contains(message), "{bad}: {error}");
        }
    }
}
