//! Two qualifications beside each other: vendor against vendor, or version against version.

use std::fmt::Write as _;

use shakedown_probe::{Report, Verdict};

use super::show;

/// What differs, and whether the second one is worse in anything.
pub(crate) fn versus(before: &Report, after: &Report) -> (String, bool) {
    let mut text = format!("A  {}\nB  {}\n\n", show::totals(before), show::totals(after));
    let mut worse = false;
    for here in &before.profiles {
        let Some(there) = after.profiles.iter().find(|there| there.profile == here.profile) else { continue };
        worse |= there.decision > here.decision;
        let line = match here.decision == there.decision {
            true => format!("{} in both", show::decision(here.decision)),
            false => format!("{} -> {}", show::decision(here.decision), show::decision(there.decision)),
        };
        let _ = writeln!(text, "{:<17} {line}", here.profile.name());
    }
    text.push('\n');
    for there in &after.results {
        let here = before.result(&there.id).map(|here| here.verdict);
        if here == Some(there.verdict) {
            continue;
        }
        worse |= there.verdict == Verdict::Failed && here == Some(Verdict::Passed);
        let reason = there.reason.as_deref().or_else(|| before.result(&there.id)?.reason.as_deref());
        let here = here.map_or("not asked", show::word);
        let _ =
            writeln!(text, "{:<24} {here} -> {}: {}", there.id, show::word(there.verdict), reason.unwrap_or_default());
    }
    for here in before.results.iter().filter(|here| after.result(&here.id).is_none()) {
        let _ = writeln!(text, "{:<24} {} -> not asked", here.id, show::word(here.verdict));
    }
    for here in &before.results {
        let Some(there) = after.result(&here.id) else { continue };
        for (name, from) in here.measures.iter().filter(|(name, _)| name.ends_with("_ms") || name.contains("_per_s")) {
            if let Some(to) = there.measures.get(name) {
                let _ = writeln!(text, "{:<24} {} {from} -> {to}", here.id, name.replace('_', " "));
            }
        }
    }
    (text, worse)
}
