//! Deletes.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use futures_util::{StreamExt, TryStreamExt, stream};

use crate::answer::{Prepared as _, Reply};
use crate::ask::Ask;
use crate::cleaning::{delete_body, delete_request};
use crate::context::{Cx, SMALL};
use crate::plan::Level;
use crate::probe::{Check, Probe, Severities, Severity, due};
use crate::profile::Profile;

pub(super) const PROBES: &[Probe] = &[
    Probe {
        id: "del.multi_md5",
        title: "DeleteObjects with Content-MD5 deletes",
        breaks: "every push: the blob is stored, the upload cannot be removed, and PUT is 500",
        severity: Severities::only(Profile::DRIVER, Severity::Blocker).and(&[Profile::Gitlab], Severity::Info),
        source: &["supabase/storage#898", "mc#4778", "warp#200"],
        level: Level::Quick,
        requests: [5; 3],
        bytes: [SMALL; 3],
        run: |cx| Box::pin(with_md5(cx)),
    },
    Probe {
        id: "del.multi_crc32",
        title: "DeleteObjects with a CRC32 in place of Content-MD5 deletes",
        breaks: "every push of clients with newer AWS SDKs",
        severity: Severities::only(Profile::SDK2, Severity::Blocker),
        source: &["container-registry#2309", "aws-sdk-go-v2#3258"],
        level: Level::Quick,
        requests: [5; 3],
        bytes: [SMALL; 3],
        run: |cx| Box::pin(with_crc32(cx)),
    },
    Probe {
        id: "del.missing_ok",
        title: "Deleting what is not there is no error",
        breaks: "cancelled uploads and garbage collection",
        severity: Severities::only(Profile::DRIVER, Severity::Degraded),
        source: &[],
        level: Level::Quick,
        requests: [1; 3],
        bytes: [SMALL; 3],
        run: |cx| Box::pin(missing(cx)),
    },
    Probe {
        id: "del.1000",
        title: "A thousand keys are deleted at once",
        breaks: "garbage collection",
        severity: Severities::all(Severity::Degraded),
        source: &[],
        level: Level::Standard,
        requests: [0, 1004, 1004],
        bytes: [0, 4 * SMALL, 4 * SMALL],
        run: |cx| Box::pin(thousand(cx)),
    },
    Probe {
        id: "del.single",
        title: "One object is deleted",
        breaks: "Quay and Gitea delete nothing else than this way",
        severity: Severities::all(Severity::Info).and(&[Profile::Quay, Profile::Gitea], Severity::Degraded),
        source: &[],
        level: Level::Quick,
        requests: [3; 3],
        bytes: [SMALL; 3],
        run: |cx| Box::pin(single(cx)),
    },
    Probe {
        id: "del.per_key_errors",
        title: "DeleteObjects tells of each key what became of it",
        breaks: "nothing by itself: distribution 2.8 does not look, distribution 3 reports what was refused",
        severity: Severities::all(Severity::Info),
        source: &["harbor#20598"],
        level: Level::Standard,
        requests: [0, 3, 3],
        bytes: [0, SMALL, SMALL],
        run: |cx| Box::pin(each_key(cx)),
    },
];

async fn two_keys(cx: &Cx) -> Check<Vec<String>> {
    let keys = vec![cx.key("a/data"), cx.key("a/startedat")];
    for key in &keys {
        cx.put(key, "x").await.prepared()?;
    }
    Ok(keys)
}

/// The answer says that they are gone, and they are.
async fn gone(cx: &Cx, reply: &Reply, keys: &[String]) -> Check {
    let result = reply.status(200)?.document("DeleteResult")?;
    if let Some(error) = result.all("Error").next() {
        due!(false, "DeleteObjects refuses a key: {}", error.text_of("Code").unwrap_or("no code"));
    }
    for key in keys {
        let reply = cx.send(Ask::get(key).fresh()).await?;
        due!(reply.status != 200, "DeleteObjects answered success, and {:?} is still there", key.rsplit('/').next());
    }
    Ok(())
}

async fn with_md5(cx: &Cx) -> Check {
    let keys = two_keys(cx).await?;
    let reply = cx.send(delete_request(&keys)).await?;
    gone(cx, &reply, &keys).await
}

async fn with_crc32(cx: &Cx) -> Check {
    let keys = two_keys(cx).await?;
    let body = delete_body(&keys);
    let sum = crc32(body.as_bytes());
    let ask = Ask::post("", body)
        .query("delete", "")
        .header("x-amz-sdk-checksum-algorithm", "CRC32")
        .header("x-amz-checksum-crc32", &sum);
    let reply = cx.send(ask).await?;
    gone(cx, &reply, &keys).await
}

/// As `x-amz-checksum-crc32` has it.
pub(super) fn crc32(bytes: &[u8]) -> String {
    let sum = crc_fast::checksum(crc_fast::CrcAlgorithm::Crc32IsoHdlc, bytes);
    STANDARD.encode(u32::try_from(sum).unwrap_or_default().to_be_bytes())
}

async fn missing(cx: &Cx) -> Check {
    let reply = cx.send(delete_request(&[cx.key("absent")])).await?;
    reply.status(200).prepared()?;
    let result = reply.document("DeleteResult").prepared()?;
    due!(result.all("Error").next().is_none(), "deleting what is not there is reported as an error");
    Ok(())
}

async fn thousand(cx: &Cx) -> Check {
    let keys: Vec<_> = (0..1000).map(|at| cx.key(&format!("{at:04}"))).collect();
    let put = |key: String| async move { cx.put(&key, "x").await };
    let puts = stream::iter(keys.clone()).map(put);
    puts.buffer_unordered(16).try_for_each(|_| async { Ok(()) }).await.prepared()?;
    let reply = cx.send(delete_request(&keys)).await?;
    // Looked at in two places only: each costs a request.
    gone(cx, &reply, &[keys[0].clone(), keys[999].clone()]).await
}

async fn single(cx: &Cx) -> Check {
    let key = cx.key("object");
    cx.put(&key, "x").await.prepared()?;
    cx.send(Ask::delete(&key)).await?.success()?;
    let reply = cx.send(Ask::get(&key).fresh()).await?;
    due!(reply.status != 200, "DELETE answered success, and the object is still there");
    Ok(())
}

/// No right can be taken away from here; a key that is too long is one that cannot be deleted on most stores.
async fn each_key(cx: &Cx) -> Check {
    let keys = [cx.key("object"), cx.key(&"too-long/".repeat(130))];
    cx.put(&keys[0], "x").await.prepared()?;
    let reply = cx.send(delete_request(&keys)).await?;
    if reply.status == 400 && reply.code().is_some() {
        cx.note(format!("a key that is too long is refused with all others: {}", reply.seen()));
        return Ok(());
    }
    let result = reply.status(200).prepared()?.document("DeleteResult").prepared()?;
    let told = |kind: &str, key: &str| result.all(kind).any(|entry| entry.text_of("Key") == Some(key));
    for (key, which) in keys.iter().zip(["a key that is there", "a key that is too long"]) {
        due!(told("Deleted", key) || told("Error", key), "DeleteObjects does not tell what became of {which}");
    }
    let deleted = told("Deleted", &keys[0]);
    let there = cx.send(Ask::get(&keys[0]).fresh()).await?.status == 200;
    due!(there != deleted, "DeleteObjects says that a key is deleted: {deleted}; it is there: {there}");
    Ok(())
}
