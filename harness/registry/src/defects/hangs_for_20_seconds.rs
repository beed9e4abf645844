//! The defect `hangs-for-20-seconds`.

use shakedown_wire::WireError;

use super::{Defect, How};
use crate::variant::{Answer, Passing};

/// See its `about`.
pub(crate) const DEFECT: Defect = Defect {
    breaks: &["PB1"],
    how: How::Around(|passing| Box::pin(act(passing))),
    ..Defect::new("hangs-for-20-seconds", "GET of a blob takes 20 seconds to begin.")
};

async fn act(passing: Passing) -> Result<Answer, WireError> {
    if passing.asked.blob().is_some() && passing.asked.is_get() {
        tokio::time::sleep(std::time::Duration::from_secs(20)).await;
    }
    passing.on().await
}
