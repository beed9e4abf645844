//! The defect `refused-before-the-body`.

use shakedown_wire::WireError;

use super::{Defect, How};
use crate::variant::{Answer, Passing};

/// See its `about`.
pub(crate) const DEFECT: Defect = Defect {
    stands_for: &["F02"],
    how: How::Around(|passing| Box::pin(act(passing))),
    ..Defect::new("refused-before-the-body", "A chunk whose token is refused is not read: the connection is reset, and the 401 is lost.")
};

async fn act(passing: Passing) -> Result<Answer, WireError> {
    let sends = passing.asked.is_patch();
    let answer = passing.on().await?;
    if sends && answer.status() == 401 { Err(WireError::Reset) } else { Ok(answer) }
}
