//! How much of the specification the checks of a run stood for.

use std::collections::BTreeMap;

use shakedown_oci::{Level, Observed, Version, rules};
use shakedown_reports::{RuleCoverage, ScenarioReport, Verdict};

/// Counts the duties of registries in a version. What a check could not decide does not count.
pub(crate) fn coverage(scenarios: &[ScenarioReport], version: Version) -> RuleCoverage {
    let mut seen: BTreeMap<&str, bool> = BTreeMap::new();
    for check in scenarios.iter().flat_map(|scenario| &scenario.steps).flat_map(|step| &step.checks) {
        let broken = match check.verdict {
            Verdict::Passed | Verdict::Known => false,
            Verdict::Failed => true,
            _ => continue,
        };
        for rule in &check.rules {
            *seen.entry(rule).or_default() |= broken;
        }
    }
    let mut coverage = RuleCoverage { version: version.to_string(), ..RuleCoverage::default() };
    for rule in rules() {
        let Some(level) = rule.level_in(version) else { continue };
        let observed = rule.observed();
        if matches!(observed, Observed::Never(_)) {
            continue;
        }
        let count = if Level::is_binding(level) { &mut coverage.must } else { &mut coverage.should };
        let checked = seen.get(rule.id);
        count.total += 1;
        count.covered += u64::from(checked.is_some());
        count.observable += u64::from(checked.is_some() || observed == Observed::Anywhere);
        match checked {
            Some(true) => count.broken.push(rule.id.to_owned()),
            None if observed == Observed::Anywhere => count.missed.push(rule.id.to_owned()),
            _ => {}
        }
    }
    coverage
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_run_is_nothing_covered() {
        let head = coverage(&[], Version::Head);
        assert_eq!((head.must.total + head.should.total, head.must.covered), (98, 0));
        assert!(head.must.observable < head.must.total, "some rules show only where they are provoked");
        assert!(head.must.missed.contains(&"CH8".to_owned()) && head.line().is_none());
        let old = coverage(&[], Version::V1_1);
        assert!(old.must.total < head.must.total, "{} and {}", old.must.total, head.must.total);
    }
}
