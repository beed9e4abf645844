//! The defect `repeats-with-spent-body`.

use std::borrow::Cow;

use super::{Defect, DefectSet};
use crate::storage::Call;

/// See its `about`.
pub(crate) const DEFECT: Defect = Defect {
    stands_for: &["J01"],
    ..Defect::new(
        "repeats-with-spent-body",
        "A storage call that is repeated has the body that the first try left over: none, under the length of the whole.",
    )
};

/// The call as its try number `attempt` (from 1) has it.
pub(crate) fn call<'c>(defects: &DefectSet, call: &'c Call, attempt: u32) -> Cow<'c, Call> {
    if attempt > 1 && defects.has(&DEFECT) {
        let mut again = call.clone();
        again.payload = call.payload.spent();
        Cow::Owned(again)
    } else {
        Cow::Borrowed(call)
    }
}
