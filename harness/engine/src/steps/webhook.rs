//! `webhook`: what the sink does from now on, and what it was told (incident J05).

use shakedown_peers::webhook::Received;
use shakedown_scenario::steps::{EventExpect, WebhookStep};

use super::Done;
use crate::expect::Checks;
use crate::stage::Stage;

pub(super) async fn run(stage: &Stage, step: &WebhookStep) -> Result<Done, String> {
    let sink = stage.world.webhook()?;
    match step {
        WebhookStep::Answers(answers) => {
            sink.answer(*answers);
            Ok(Done::default())
        }
        WebhookStep::Received(wanted) => {
            let received = sink.received();
            let mut checks = Checks::at("webhook", &stage.spec, None);
            for wanted in wanted {
                check(stage, wanted, &received, &mut checks)?;
            }
            Ok(Done::checked(checks.list))
        }
    }
}

fn check(stage: &Stage, wanted: &EventExpect, received: &[Received], checks: &mut Checks) -> Result<(), String> {
    let fill = |text: &Option<String>| text.as_deref().map(|text| stage.fill(text)).transpose();
    let repository = stage.fill(wanted.repository.as_deref().unwrap_or("${repo}"))?;
    let (tag, digest, kind) = (fill(&wanted.tag)?, fill(&wanted.digest)?, fill(&wanted.media_type)?);
    let is = |wanted: &Option<String>, told: &Option<String>| wanted.is_none() || wanted == told;
    let fits = |event: &&Received| {
        event.action == wanted.action
            && event.repository == repository
            && is(&tag, &event.tag)
            && is(&digest, &event.digest)
            && is(&kind, &event.media_type)
    };
    let count = received.iter().filter(fits).count() as u64;
    let described = Received { action: wanted.action.clone(), repository, tag, digest, media_type: kind };
    let expected = wanted.exactly.map_or_else(|| "at least 1".to_owned(), |exactly| format!("exactly {exactly}"));
    let holds = wanted.exactly.map_or(count > 0, |exactly| count == exactly);
    checks.note(holds, &format!("event {described}"), expected, count.to_string());
    Ok(())
}
