//! The defect `ghost-tags`.

use shakedown_wire::WireError;

use super::{Defect, How};
use crate::variant::{Answer, Passing};

/// See its `about`.
pub(crate) const DEFECT: Defect = Defect {
    breaks: &["DT1"],
    how: How::Around(|passing| Box::pin(act(passing))),
    ..Defect::new("ghost-tags", "A deleted tag stays in the list.")
};

async fn act(passing: Passing) -> Result<Answer, WireError> {
    let (asked, memory) = (passing.asked.clone(), passing.memory.clone());
    let mut answer = passing.on().await?;
    let Some(name) = asked.name().map(ToString::to_string) else { return Ok(answer) };
    if let Some(tag) = asked.tag().filter(|_| asked.is_delete() && answer.status() == 202) {
        memory.note(&name, tag);
    }
    if let (true, Some((_, ghost))) = (asked.tags(), memory.noted(&name)) {
        answer.edit_list("/tags", |tags| {
            if !tags.iter().any(|tag| *tag == ghost) {
                tags.push(ghost.into());
                tags.sort_by(|a, b| a.as_str().cmp(&b.as_str()));
            }
        });
    }
    Ok(answer)
}
