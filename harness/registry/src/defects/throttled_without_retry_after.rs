//! The defect `throttled-without-retry-after`.

use shakedown_wire::WireError;

use super::{Defect, How};
use crate::variant::{Answer, Passing};

/// See its `about`.
pub(crate) const DEFECT: Defect = Defect {
    breaks: &["ER5"],
    how: How::Around(|passing| Box::pin(act(passing))),
    ..Defect::new("throttled-without-retry-after", "Every fifth request is answered 429, and nothing says for how long.")
};

async fn act(passing: Passing) -> Result<Answer, WireError> {
    if passing.memory.enter() % 5 == 4 { Ok(Answer::refusal(429, "TOOMANYREQUESTS")) } else { passing.on().await }
}
