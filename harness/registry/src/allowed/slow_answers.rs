//! Allowed: `slow-answers`.

use shakedown_wire::WireError;

use super::{Allowed, How};
use crate::variant::{Answer, Passing};

/// See its `about`.
pub(crate) const ALLOWED: Allowed = Allowed {
    id: "slow-answers",
    about: "Every answer takes three seconds.",
    rules: &["AP1"],
    lacks: &[],
    how: How::Around(|passing| Box::pin(act(passing))),
};

async fn act(passing: Passing) -> Result<Answer, WireError> {
    tokio::time::sleep(std::time::Duration::from_secs(3)).await;
    passing.on().await
}
