//! What a failed check is told with: how binding the strictest of its rules is, and since when.

use shakedown_oci::{Level, Rule, Version};
use shakedown_reports::{Check, Verdict};

use crate::outcome::ScenarioRun;

/// Fills in the duty of every failed check, as `version` has it.
pub(crate) fn tell(run: &mut ScenarioRun, version: Version) {
    let checks = run.steps.iter_mut().flat_map(|step| &mut step.checks).map(|(check, _)| check);
    for check in checks.filter(|check| check.verdict == Verdict::Failed) {
        check.duty = duty(check, version).unwrap_or_default();
    }
}

/// `MUST since 1.1`; nothing if no rule of this version stands behind the check.
fn duty(check: &Check, version: Version) -> Option<String> {
    let rules = check.rules.iter().filter_map(|id| Rule::find(id));
    let levels = rules.filter_map(|rule| Some((rule.level_in(version)?, rule.since(version)?)));
    // Among equally binding ones the one that has been there longest.
    let (level, since) = levels.min_by_key(|(level, since)| (!Level::is_binding(*level), *since))?;
    Some(format!("{level} since {since}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(rules: &[&str], version: Version) -> Option<String> {
        let rules = rules.iter().map(|&rule| rule.to_owned()).collect();
        let check = Check {
            rules,
            what: String::new(),
            expected: String::new(),
            actual: String::new(),
            at: String::new(),
            verdict: Verdict::Failed,
            duty: String::new(),
            call: None,
        };
        duty(&check, version)
    }

    #[test]
    fn the_strictest_rule_counts_as_the_version_has_it() {
        assert_eq!(of(&["CH8"], Version::Head).unwrap(), "MUST since 1.1");
        // EX2 was a SHOULD in 1.1.
        assert_eq!(of(&["EX2"], Version::Head).unwrap(), "MUST since head");
        assert_eq!(of(&["EX2"], Version::V1_1).unwrap(), "SHOULD since 1.1");
        assert_eq!(of(&["EX2", "EX1"], Version::Head).unwrap(), "MUST since 1.1");
        assert_eq!(of(&["PM8", "EX2"], Version::Head).unwrap(), "MUST since head");
        // BL1 is not in 1.1 at all; an incident and a habit bind nobody.
        assert_eq!(of(&["BL1"], Version::V1_1), None);
        assert_eq!(of(&["A01", "HB1"], Version::Head), None);
    }
}
