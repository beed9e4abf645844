//! Allowed: `throttles`.

use shakedown_wire::WireError;

use super::{Allowed, How};
use crate::variant::{Answer, Passing};

/// See its `about`.
pub(crate) const ALLOWED: Allowed = Allowed {
    id: "throttles",
    about: "Every seventh request is answered 429 with Retry-After.",
    rules: &["ER5"],
    lacks: &[],
    how: How::Around(|passing| Box::pin(act(passing))),
};

async fn act(passing: Passing) -> Result<Answer, WireError> {
    if passing.memory.enter() % 7 != 6 {
        return passing.on().await;
    }
    let mut answer = Answer::refusal(429, "TOOMANYREQUESTS");
    answer.set("retry-after", 1);
    Ok(answer)
}
