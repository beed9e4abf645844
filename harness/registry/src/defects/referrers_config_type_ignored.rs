//! The defect `referrers-config-type-ignored`.

use http::Method;
use shakedown_wire::WireError;

use super::{Defect, How};
use crate::variant::{Answer, Passing};

/// See its `about`.
pub(crate) const DEFECT: Defect = Defect {
    breaks: &["RL7"],
    how: How::Around(|passing| Box::pin(act(passing))),
    ..Defect::new("referrers-config-type-ignored", "Only artifactType counts; the type of the config is not listed in its place.")
};

async fn act(passing: Passing) -> Result<Answer, WireError> {
    let (asked, beside) = (passing.asked.clone(), passing.beside());
    let mut answer = passing.on().await?;
    let (Some(name), Some(_), Some(mut index)) = (asked.name(), asked.referrers(), answer.json()) else {
        return Ok(answer);
    };
    for entry in index["manifests"].as_array_mut().into_iter().flatten().filter_map(|entry| entry.as_object_mut()) {
        let digest = entry.get("digest").and_then(|digest| digest.as_str()).unwrap_or_default();
        let manifest = beside.ask(Method::GET, &format!("/v2/{name}/manifests/{digest}")).await?;
        if manifest.json().is_some_and(|manifest| manifest.get("artifactType").is_none()) {
            entry.remove("artifactType");
        }
    }
    answer.set_json(&index);
    Ok(answer)
}
