//! What each request of the control interface does.

use bytes::Bytes;
use serde_json::{Map, Value};
use shakedown_faults::{Fault, On};
use shakedown_wire::Response;

use super::model::{About, Added, Damage, Deleted, FaultList, Journal, Opened, Reset, Time};
use super::server::{Asked, Refusal, bytes, done, json};
use crate::config::{Credential, S3Config};
use crate::store::micros;

/// Largest part of a seeded upload.
const MAX_PART: usize = 16 << 20;
/// Exchanges of one answer, unless another number is asked for.
const PAGE: u64 = 5000;
/// What the configuration shows to nobody and takes from nobody here: they have requests of their own.
const HIDDEN: [&str; 2] = ["credentials", "buckets"];

pub(super) fn about() -> Response {
    let requests = [
        "GET /faults",
        "PUT /faults?seed=N",
        "POST /faults",
        "DELETE /faults",
        "POST /events/NAME",
        "GET /journal?since=SEQ&limit=N",
        "DELETE /journal",
        "GET /objects?bucket=B&prefix=P",
        "GET /objects/B/KEY",
        "PUT /objects/B/KEY",
        "DELETE /objects/B/KEY",
        "POST /objects/B/KEY",
        "GET /uploads?bucket=B",
        "POST /uploads/B/KEY",
        "PUT /buckets/B",
        "DELETE /buckets/B",
        "POST /reset",
        "PUT /credentials",
        "GET /config",
        "PATCH /config",
        "GET /time",
    ];
    json(&About {
        name: env!("CARGO_PKG_NAME").to_owned(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        requests: requests.map(str::to_owned).into(),
    })
}

pub(super) fn faults(asked: &Asked) -> Response {
    let injector = asked.mock.injector();
    let fired = injector.fired().into_iter().map(|(_, count)| count).collect();
    json(&FaultList { faults: injector.faults(), fired })
}

pub(super) async fn set_faults(mut asked: Asked) -> Result<Response, Refusal> {
    let seed = asked.number("seed", 0)?;
    let faults: Vec<Fault> = asked.json().await?;
    for (index, fault) in faults.iter().enumerate() {
        check(fault, index)?;
    }
    asked.mock.injector().replace(faults, seed);
    Ok(done())
}

pub(super) async fn add_fault(mut asked: Asked) -> Result<Response, Refusal> {
    let fault: Fault = asked.json().await?;
    check(&fault, 0)?;
    Ok(json(&Added { rule: asked.mock.injector().add(fault) }))
}

fn check(fault: &Fault, index: usize) -> Result<(), Refusal> {
    if fault.on != On::S3 {
        return Err(Refusal::bad(format!("fault {index}: this is a store: write `on: s3`")));
    }
    match fault.problems().as_slice() {
        [] => Ok(()),
        problems => Err(Refusal::bad(format!("fault {index}: {}", problems.join("; ")))),
    }
}

pub(super) fn clear_faults(asked: &Asked) -> Response {
    asked.mock.injector().clear();
    done()
}

pub(super) fn event(asked: &Asked, name: &str) -> Response {
    asked.mock.injector().event(name);
    done()
}

pub(super) fn journal(asked: &Asked) -> Result<Response, Refusal> {
    let since = asked.number("since", 0)?;
    let limit = usize::try_from(asked.number("limit", PAGE)?).unwrap_or(usize::MAX);
    let recorder = asked.mock.recorder();
    let (next, dropped) = (recorder.next_seq(), recorder.dropped());
    let mut exchanges = recorder.since(since);
    let more = exchanges.len() > limit;
    exchanges.truncate(limit);
    let next = if more { exchanges.last().map_or(since, |last| last.seq + 1) } else { next };
    Ok(json(&Journal { exchanges, next, more, dropped }))
}

pub(super) fn clear_journal(asked: &Asked) -> Response {
    asked.mock.recorder().clear();
    done()
}

pub(super) fn objects(asked: &Asked) -> Result<Response, Refusal> {
    let bucket = bucket(asked)?;
    Ok(json(&asked.mock.admin().list(&bucket, asked.query.get("prefix").unwrap_or_default())))
}

/// The bucket of the query; it must exist.
fn bucket(asked: &Asked) -> Result<String, Refusal> {
    let bucket = asked.need("bucket")?;
    if asked.mock.admin().buckets().contains(&bucket) {
        return Ok(bucket);
    }
    Err(crate::admin::AdminError::NoSuchBucket(bucket).into())
}

pub(super) fn read(asked: &Asked, bucket: &str, key: &str) -> Result<Response, Refusal> {
    Ok(bytes(asked.mock.admin().read(bucket, key)?))
}

pub(super) async fn put(mut asked: Asked, bucket: &str, key: &str) -> Result<Response, Refusal> {
    let body = asked.body();
    Ok(json(&asked.mock.admin().put(bucket, key, body).await?))
}

pub(super) fn delete(asked: &Asked, bucket: &str, key: &str) -> Result<Response, Refusal> {
    Ok(json(&Deleted { deleted: asked.mock.admin().delete(bucket, key)? }))
}

pub(super) async fn damage(mut asked: Asked, bucket: &str, key: &str) -> Result<Response, Refusal> {
    let damage: Damage = asked.json().await?;
    let admin = asked.mock.admin();
    match damage {
        Damage::Truncate(length) => admin.truncate(bucket, key, length)?,
        Damage::Corrupt(at) => admin.corrupt(bucket, key, at).await?,
    }
    Ok(done())
}

pub(super) fn uploads(asked: &Asked) -> Result<Response, Refusal> {
    let bucket = bucket(asked)?;
    Ok(json(&asked.mock.admin().uploads(&bucket)))
}

pub(super) async fn seed_upload(mut asked: Asked, bucket: &str, key: &str) -> Result<Response, Refusal> {
    let part = asked.body().collect(MAX_PART).await.map_err(|error| Refusal::bad(error.to_string()))?;
    let parts: Vec<Bytes> = if part.is_empty() { Vec::new() } else { vec![part] };
    let upload_id = asked.mock.admin().seed_upload(bucket, key, parts).await?;
    Ok(json(&Opened { upload_id }))
}

pub(super) fn create_bucket(asked: &Asked, bucket: &str) -> Result<Response, Refusal> {
    asked.mock.admin().create_bucket(bucket)?;
    Ok(done())
}

pub(super) fn remove_bucket(asked: &Asked, bucket: &str) -> Result<Response, Refusal> {
    asked.mock.admin().remove_bucket(bucket)?;
    Ok(done())
}

pub(super) async fn reset(mut asked: Asked) -> Result<Response, Refusal> {
    let reset: Reset = asked.json().await?;
    let mock = &asked.mock;
    mock.injector().clear();
    for bucket in &reset.buckets {
        mock.admin().empty_bucket(bucket)?;
    }
    mock.recorder().clear();
    Ok(done())
}

pub(super) async fn credentials(mut asked: Asked) -> Result<Response, Refusal> {
    let credentials: Vec<Credential> = asked.json().await?;
    asked.mock.admin().set_credentials(credentials);
    Ok(done())
}

pub(super) fn config(asked: &Asked) -> Result<Response, Refusal> {
    Ok(json(&shown(&asked.mock.config())?))
}

fn shown(config: &S3Config) -> Result<Map<String, Value>, Refusal> {
    let Ok(Value::Object(mut fields)) = serde_json::to_value(config) else {
        return Err(Refusal::bad("the configuration cannot be shown"));
    };
    for name in HIDDEN {
        fields.remove(name);
    }
    Ok(fields)
}

pub(super) async fn change_config(mut asked: Asked) -> Result<Response, Refusal> {
    let changes: Map<String, Value> = asked.json().await?;
    if let Some(name) = HIDDEN.into_iter().find(|name| changes.contains_key(*name)) {
        return Err(Refusal::bad(format!("`{name}` has a request of its own: see `GET /`")));
    }
    let mut fields = shown(&asked.mock.config())?;
    merge(&mut fields, changes);
    let config: S3Config = serde_json::from_value(Value::Object(fields))
        .map_err(|error| Refusal::bad(format!("not a configuration: {error}")))?;
    asked.mock.configure(|current| {
        let (credentials, buckets) = (current.credentials.clone(), current.buckets.clone());
        *current = S3Config { credentials, buckets, ..config };
    });
    Ok(done())
}

/// Fields of inner objects are changed one by one, too.
fn merge(fields: &mut Map<String, Value>, changes: Map<String, Value>) {
    for (name, change) in changes {
        match (fields.get_mut(&name), change) {
            (Some(Value::Object(inner)), Value::Object(changes)) => merge(inner, changes),
            (_, change) => {
                fields.insert(name, change);
            }
        }
    }
}

pub(super) fn time(asked: &Asked) -> Response {
    let clock = asked.mock.clock();
    let elapsed_us = u64::try_from(clock.elapsed().as_micros()).unwrap_or(u64::MAX);
    json(&Time { unix_us: micros(clock.now()), elapsed_us })
}
