//! A system that is built in: how it runs, what it can do, how its log is read, where it is known to differ. Not here: what all texts share.

use serde::Serialize;
use shakedown_engine::SystemFile;

use super::{block, labelled};

/// Reasons of deviations that are shown; the file has all.
const REASONS: usize = 3;

/// What is known of the system.
pub(super) fn system(id: &str) -> Option<String> {
    // What is built in can be read: a test holds it to that.
    let file = SystemFile::parse(id, SystemFile::shipped(id)?).ok()?;
    let mut text = format!("{id}  a system\n{}\n\n", file.title);
    let place = match &file.container {
        Some(_) if file.front.is_some() => "in a container, with another one before it",
        Some(_) => "in a container",
        None if file.compose.is_some() => "as a service of a compose file",
        None => "as a process",
    };
    labelled(&mut text, "runs", place);
    if let Some(reason) = &file.untried {
        labelled(&mut text, "untried", reason);
    }
    labelled(&mut text, "storage", &word(&file.storage));
    let log = word(&file.log);
    let beside = "what it says of trouble stands in reports beside the storage call it is due to";
    let words =
        if log == "plain" { "plain: its lines are kept as they are".to_owned() } else { format!("{log}: {beside}") };
    labelled(&mut text, "log", &words);
    labelled(&mut text, "can", &file.abilities.iter().map(word).collect::<Vec<_>>().join(", "));
    let mut known: Vec<_> = file.deviations.iter().take(REASONS).map(|one| one.reason.clone()).collect();
    let name = file.like.as_deref().unwrap_or(id);
    let whole = format!("scenarios/systems/{name}.yaml");
    known.extend((file.deviations.len() > known.len()).then(|| format!("and others in {whole}")));
    block(&mut text, "known", &known);
    if !file.reproduces.is_empty() {
        let words = format!(
            "what field reports saw of its incidents stands in {whole}; a run that does not see it again fails"
        );
        labelled(&mut text, "recorded", &words);
    }
    let without: Vec<_> = file.not_reproduced.iter().map(|(id, reason)| format!("{id}: {reason}")).collect();
    block(&mut text, "not seen", &without);
    labelled(&mut text, "run", &format!("shakedown run --system {id}"));
    Some(text)
}

/// A value as it stands in the file.
fn word(value: &impl Serialize) -> String {
    serde_json::to_value(value).ok().and_then(|value| Some(value.as_str()?.to_owned())).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_system_says_how_it_runs_and_how_its_log_is_read() {
        insta::assert_snapshot!(["distribution-2.8", "zot"].map(|id| system(id).unwrap()).join("\n"));
    }
}
