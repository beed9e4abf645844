//! The defect `upgrade-forgets-referrers`.

use shakedown_wire::WireError;

use super::{Defect, How};
use crate::variant::{Answer, Passing};

/// See its `about`.
pub(crate) const DEFECT: Defect = Defect {
    breaks: &["UG1"],
    how: How::Around(|passing| Box::pin(act(passing))),
    ..Defect::new("upgrade-forgets-referrers", "Only referrers that came with the referrers API are listed by it.")
};

async fn act(passing: Passing) -> Result<Answer, WireError> {
    let (asked, memory) = (passing.asked.clone(), passing.memory.clone());
    let mut answer = passing.on().await?;
    if let (Some(_), Some(stored)) = (answer.header("oci-subject"), answer.header("docker-content-digest")) {
        memory.note(stored, "came with the API");
    }
    if asked.referrers().is_some() {
        let came = |entry: &serde_json::Value| entry["digest"].as_str().and_then(|digest| memory.noted(digest)).is_some();
        answer.edit_list("/manifests", |list| list.retain(came));
    }
    Ok(answer)
}
