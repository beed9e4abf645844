//! The defect `tag-parameters-forgotten`.

use shakedown_wire::WireError;

use super::{Defect, How};
use crate::variant::{Answer, Passing};

/// See its `about`.
pub(crate) const DEFECT: Defect = Defect {
    breaks: &["MP13"],
    how: How::Around(|passing| Box::pin(act(passing))),
    ..Defect::new("tag-parameters-forgotten", "Tag parameters are confirmed, and not set.")
};

async fn act(mut passing: Passing) -> Result<Answer, WireError> {
    let tags: Vec<String> =
        passing.asked.queries().filter(|(name, _)| *name == "tag").map(|(_, tag)| tag.to_owned()).collect();
    passing.asked.retain_queries(|name| name != "tag");
    let mut answer = passing.on().await?;
    tags.iter().for_each(|tag| answer.add("oci-tag", tag));
    Ok(answer)
}
