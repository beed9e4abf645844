//! `swift`: a client library puts and gets objects of a Swift (incidents J01, J02).

use bytes::Bytes;
use sha2::{Digest as _, Sha256};
use shakedown_scenario::OneOrMany;
use shakedown_scenario::expect::{StatusPattern, StatusSet};
use shakedown_scenario::steps::{SwiftGet, SwiftPut, SwiftStep};

use super::Done;
use crate::content::digest_text;
use crate::expect::Checks;
use crate::expect::answer::status;
use crate::stage::Stage;

/// Largest content of one object, in bytes.
const MOST: usize = 64 << 20;

pub(super) async fn run(stage: &Stage, step: &SwiftStep) -> Result<Done, String> {
    match step {
        SwiftStep::Put(step) => put(stage, step).await,
        SwiftStep::Get(step) => get(stage, step).await,
        SwiftStep::RevokeTokens => {
            stage.world.swift()?.revoke_tokens();
            Ok(Done::default())
        }
    }
}

async fn content(stage: &Stage, blob: &str) -> Result<Bytes, String> {
    let body = stage.contents.bytes_of(blob).await?;
    body.collect(MOST).await.map_err(|error| format!("blob {blob}: {error}"))
}

async fn put(stage: &Stage, step: &SwiftPut) -> Result<Done, String> {
    let object = stage.fill(&step.object)?;
    let bytes = content(stage, &step.blob).await?;
    let ended = stage.world.swift()?.client.put(&object, &bytes, step).await;
    let created: StatusSet = OneOrMany(vec![StatusPattern::Exact(201)]);
    let mut checks = Checks::at(format!("Swift: PUT {object}"), &stage.spec, ended.trace);
    status(step.status.as_ref().unwrap_or(&created), ended.status, &mut checks);
    if ended.incomplete {
        let waited = format!("not within {}", step.waits);
        checks.note(false, "segments", "all are listed", waited);
    }
    Ok(Done::checked(checks.list))
}

async fn get(stage: &Stage, step: &SwiftGet) -> Result<Done, String> {
    let object = stage.fill(&step.object)?;
    let wanted = content(stage, &step.same_as).await?;
    let ended = stage.world.swift()?.client.get(&object).await;
    let good: StatusSet = OneOrMany(vec![StatusPattern::Exact(200)]);
    let mut checks = Checks::at(format!("Swift: GET {object}"), &stage.spec, ended.trace);
    if status(&good, ended.status, &mut checks) {
        let size = |bytes: &Bytes| format!("{} bytes", bytes.len());
        checks.note(ended.body.len() == wanted.len(), "body size", size(&wanted), size(&ended.body));
        let digest = |bytes: &Bytes| digest_text(Sha256::new_with_prefix(bytes));
        checks.note(ended.body == wanted, "body digest", digest(&wanted), digest(&ended.body));
    }
    Ok(Done::checked(checks.list))
}
