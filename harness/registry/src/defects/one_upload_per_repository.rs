//! The defect `one-upload-per-repository`.

use shakedown_wire::WireError;

use super::{Defect, How};
use crate::variant::{Answer, Passing};

/// See its `about`.
pub(crate) const DEFECT: Defect = Defect {
    breaks: &["PP2"],
    how: How::Around(|passing| Box::pin(act(passing))),
    ..Defect::new("one-upload-per-repository", "Uploads of one repository share their Location.")
};

async fn act(passing: Passing) -> Result<Answer, WireError> {
    let (asked, memory) = (passing.asked.clone(), passing.memory.clone());
    let mut answer = passing.on().await?;
    if let (true, Some(location)) = (asked.uploads(), answer.header("location")) {
        let shared = memory.noted(asked.path()).map_or_else(|| location.to_owned(), |(_, first)| first);
        memory.note(asked.path(), &shared);
        answer.set("location", shared);
    }
    Ok(answer)
}
