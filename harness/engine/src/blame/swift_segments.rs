//! A large object of Swift was read, or said to be there, before the listing showed all of its segments (J02).

use shakedown_reports::{Blame, Party};

use super::Rule;
use super::case::Case;

pub(super) const RULE: Rule = Rule { id: "segments-not-listed", judge };

fn judge(case: &Case<'_>) -> Option<Blame> {
    let focus = case.focus?;
    let call = &case.calls[focus];
    let note = call.note.as_deref().filter(|note| call.to == "swift" && note.contains(" segments"))?;
    let (party, provoked_by, why) = match case.check.what.as_str() {
        "segments" => (Party::Storage, None, format!("{note}, and the client waited as long as it may")),
        _ => (Party::Client, Some(Party::Storage), format!("the client took a large object for whole while {note}")),
    };
    let fix = "compare the length with what was written, and wait with a limit; or write a static large object, whose manifest names its segments";
    Some(case.blame(party, provoked_by, why, fix).with_evidence(focus, "shorter than what was put"))
}
