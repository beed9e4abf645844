//! Whole objects: small reads, verified writes, copies, deletes. Not here: streamed reads (`stream`), parts (`multipart`).

use std::time::Duration;

use bytes::Bytes;
use http::HeaderMap;
use tokio::time::{Instant, sleep};

use super::answer::{Expect, content_length, etag};
use super::call::{Call, Op};
use super::client::Storage;
use super::outcome::{Flaw, Kind, StorageError};
use super::payload::Payload;
use crate::context::Context;
use crate::defects::{links_not_verified, list_based_stat};
use shakedown_s3call::encode_key;
use shakedown_s3call::xml;

/// Most keys of one DeleteObjects.
const DELETE_BATCH: usize = 1000;
/// Times a write is repeated that was acknowledged but cannot be read back.
const REWRITES: u32 = 3;

/// What another whole object means that is read in place of the one that was written.
#[derive(Debug)]
pub(super) enum Doubt {
    /// That the write was not done: nothing has proven it.
    Any,
    /// The write was proven: the store shows it late, or somebody else has written since (incident I08).
    Late,
    /// The same, and this is what was there before: anything else was written since.
    Moved(Option<Bytes>),
}

/// A small object, whole.
#[derive(Debug, Clone)]
pub(crate) struct Small {
    pub(crate) bytes: Bytes,
    pub(crate) etag: Option<String>,
}

impl Small {
    /// True if the store itself vouches for these bytes: its ETag is their MD5.
    pub(crate) fn is_as_stored(&self) -> bool {
        self.etag.as_deref() == Some(&Payload::of(self.bytes.clone()).md5_hex())
    }
}

impl Storage {
    /// The object at `key`, of at most `limit` bytes; `None` if it is not there (incidents B01, B02).
    pub(crate) async fn get(&self, cx: &Context, key: &str, limit: usize) -> Result<Option<Small>, StorageError> {
        let call = Call::on_key(Op::GetObject, key);
        match self.call(cx, &call, Expect::Object(limit)).await {
            Ok(answer) => Ok(Some(Small { etag: answer.etag(), bytes: answer.bytes })),
            Err(error) if error.kind() == Kind::Absent => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// The size of the object at `key`; `None` if it is not there.
    pub(crate) async fn size(&self, cx: &Context, key: &str) -> Result<Option<u64>, StorageError> {
        if self.defects().has(&list_based_stat::DEFECT) {
            return list_based_stat::size(self, cx, key).await;
        }
        let call = Call::on_key(Op::HeadObject, key);
        match self.call(cx, &call, Expect::Done).await {
            Ok(answer) => match content_length(&answer.headers) {
                Some(length) => Ok(Some(length)),
                None => Err(self.failed(cx, &call, 1, Flaw::not_s3(answer.status, "HEAD without Content-Length"))),
            },
            Err(error) if error.kind() == Kind::Absent => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// As [`Storage::size`], with patience for what was just acknowledged (incidents A09, A13, A14).
    pub(crate) async fn size_soon(&self, cx: &Context, key: &str, expected: u64) -> Result<Option<u64>, StorageError> {
        let impatient = self.defects().has(&list_based_stat::DEFECT);
        let until = Instant::now() + if impatient { Duration::ZERO } else { self.retry().patience };
        for look in 1.. {
            let found = self.size(cx, key).await?;
            let pause = self.pause(look, None);
            if found == Some(expected) || Instant::now() + pause > until {
                return Ok(found);
            }
            sleep(pause).await;
        }
        Ok(None)
    }

    /// Writes an object. It is believed when its ETag is our MD5, else read back first (incident A15).
    pub(crate) async fn put(&self, cx: &Context, key: &str, payload: &Payload) -> Result<(), StorageError> {
        if self.put_once(cx, key, payload).await? || self.defects().has(&links_not_verified::DEFECT) {
            return Ok(());
        }
        self.read_back(cx, key, payload, &Doubt::Any).await
    }

    /// Writes a small object and reads it back whatever the store says: links and tags (incident A15).
    pub(crate) async fn put_link(&self, cx: &Context, key: &str, payload: &Payload) -> Result<(), StorageError> {
        let proven = self.put_once(cx, key, payload).await?;
        if self.defects().has(&links_not_verified::DEFECT) {
            return Ok(());
        }
        self.read_back(cx, key, payload, if proven { &Doubt::Late } else { &Doubt::Any }).await
    }

    /// True if the answer proves that the bytes arrived.
    pub(super) async fn put_once(&self, cx: &Context, key: &str, payload: &Payload) -> Result<bool, StorageError> {
        let call = Call::on_key(Op::PutObject, key)
            .header("content-type", "application/octet-stream")
            .payload(payload.clone());
        let answer = self.call(cx, &call, Expect::Done).await?;
        Ok(self.proves(&answer.headers, payload))
    }

    /// True if an ETag proves that `payload` arrived.
    pub(crate) fn proves(&self, headers: &HeaderMap, payload: &Payload) -> bool {
        etag(headers).is_some_and(|etag| !self.etags_are_md5() || etag == payload.md5_hex())
    }

    /// Reads until the object is `payload`; writes it again when it stays away.
    pub(super) async fn read_back(
        &self,
        cx: &Context,
        key: &str,
        payload: &Payload,
        doubt: &Doubt,
    ) -> Result<(), StorageError> {
        let until = Instant::now() + self.retry().patience;
        let limit = usize::try_from(payload.len()).unwrap_or(usize::MAX).saturating_add(64 << 10);
        let mut rewrites = 0;
        let mut superseded = false;
        for look in 1.. {
            let found = self.get(cx, key, limit).await?;
            if found.as_ref().is_some_and(|found| payload.same_as(&found.bytes)) {
                if found.and_then(|found| found.etag).is_some_and(|etag| etag != payload.md5_hex()) {
                    self.note_foreign_etags();
                }
                return Ok(());
            }
            let other = found.filter(Small::is_as_stored);
            superseded = other.is_some() && !matches!(doubt, Doubt::Any);
            if let (Doubt::Moved(before), Some(other)) = (doubt, other)
                && before.as_ref() != Some(&other.bytes)
            {
                break;
            }
            let pause = self.pause(look, None);
            if Instant::now() + pause > until {
                break;
            }
            sleep(pause).await;
            // Late is more likely than lost: the first looks only look.
            if look > 2 && rewrites < REWRITES {
                rewrites += 1;
                self.put_once(cx, key, payload).await?;
            }
        }
        if superseded {
            cx.info("storage: a link was written and then changed by somebody else");
            return Ok(());
        }
        let call = Call::on_key(Op::PutObject, key);
        Err(self.failed(
            cx,
            &call,
            rewrites + 1,
            Flaw::new(Kind::NotVisible, "acknowledged, but it cannot be read back"),
        ))
    }

    /// Copies an object inside the bucket; the caller verifies the destination (incidents A13, A14).
    pub(crate) async fn copy(&self, cx: &Context, from: &str, to: &str) -> Result<(), StorageError> {
        let call = Call::on_key(Op::CopyObject, to).header("x-amz-copy-source", &self.copy_source(from));
        self.call(cx, &call, Expect::Xml("CopyObjectResult")).await.map(|_| ())
    }

    pub(crate) fn copy_source(&self, key: &str) -> String {
        format!("{}/{}", encode_key(&self.config().bucket), encode_key(key))
    }

    /// Deletes keys; those that are not there are fine. One by one where the store lacks DeleteObjects.
    pub(crate) async fn delete(&self, cx: &Context, keys: &[String]) -> Result<(), StorageError> {
        for batch in keys.chunks(DELETE_BATCH) {
            match self.delete_batch(cx, batch).await {
                Err(error) if error.kind() == Kind::NotImplemented => {
                    for key in batch {
                        self.delete_one(cx, key).await?;
                    }
                }
                other => other?,
            }
        }
        Ok(())
    }

    async fn delete_batch(&self, cx: &Context, keys: &[String]) -> Result<(), StorageError> {
        let Some(first) = keys.first() else { return Ok(()) };
        let objects: String = keys.iter().map(|key| format!("<Object>{}</Object>", xml::element("Key", key))).collect();
        let body =
            format!("<Delete xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><Quiet>true</Quiet>{objects}</Delete>");
        let call = Call::on_bucket(Op::DeleteObjects, first)
            .query("delete", "")
            .header("content-type", "application/xml")
            .payload(Payload::of(body));
        let answer = self.call(cx, &call, Expect::Xml("DeleteResult")).await?;
        match answer.xml.child("Error") {
            None => Ok(()),
            Some(error) => {
                let code = error.text_of("Code").unwrap_or("none");
                let flaw = Flaw {
                    foreign_body: false,
                    ..Flaw::from_code(call.op, http::StatusCode::FORBIDDEN, code, "a key was not deleted")
                };
                Err(self.failed(cx, &call, 1, flaw))
            }
        }
    }

    async fn delete_one(&self, cx: &Context, key: &str) -> Result<(), StorageError> {
        match self.call(cx, &Call::on_key(Op::DeleteObject, key), Expect::Done).await {
            Err(error) if error.kind() != Kind::Absent => Err(error),
            _ => Ok(()),
        }
    }
}
