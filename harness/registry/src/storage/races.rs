//! Writes and deletes that must not undo what somebody else has just done: conditional requests (`If-Match`), with what holds where a store
//! does not know them. Not here: plain writes (`objects`).

use super::answer::Expect;
use super::call::{Call, Op};
use super::client::Storage;
use super::objects::Doubt;
use super::outcome::{Kind, StorageError};
use super::payload::Payload;
use crate::context::Context;
use crate::defects::links_not_verified;

/// More than any small object that is compared.
const LIMIT: usize = 256 << 10;

impl Storage {
    /// Points a link somewhere else, in two steps around `between`: written, `between` done, read back (incident A15). Whoever has moved
    /// the link meanwhile is later than we are, and is not overwritten (incident I08).
    pub(crate) async fn move_link(
        &self,
        cx: &Context,
        key: &str,
        payload: &Payload,
        between: impl Future<Output = Result<(), StorageError>>,
    ) -> Result<(), StorageError> {
        let before = self.get(cx, key, LIMIT).await?.map(|found| found.bytes);
        let proven = self.put_once(cx, key, payload).await?;
        between.await?;
        if self.defects().has(&links_not_verified::DEFECT) {
            return Ok(());
        }
        self.read_back(cx, key, payload, &if proven { Doubt::Moved(before) } else { Doubt::Any }).await
    }

    /// Replaces the object with this ETag; [`Kind::Conflict`] if it is gone or another one. A store that does not know conditions replaces
    /// whatever is there. Gives the new ETag, if it proves that the bytes arrived.
    pub(crate) async fn replace(
        &self,
        cx: &Context,
        key: &str,
        payload: &Payload,
        etag: Option<&str>,
    ) -> Result<Option<String>, StorageError> {
        let Some(etag) = etag.filter(|_| self.takes_conditions()) else {
            self.put(cx, key, payload).await?;
            return Ok(self.etags_are_md5().then(|| payload.md5_hex()));
        };
        let call = Call::on_key(Op::PutObject, key)
            .header("content-type", "application/octet-stream")
            .header("if-match", &format!("\"{etag}\""))
            .payload(payload.clone());
        match self.call(cx, &call, Expect::Done).await {
            Ok(answer) => {
                if !self.proves(&answer.headers, payload) {
                    self.read_back(cx, key, payload, &Doubt::Any).await?;
                }
                Ok(answer.etag().filter(|_| self.proves(&answer.headers, payload)))
            }
            Err(error) if error.kind() == Kind::NotImplemented => {
                self.note_no_conditions();
                Box::pin(self.replace(cx, key, payload, None)).await
            }
            // S3 calls an object that is gone so, whatever the condition.
            Err(mut error) if error.kind() == Kind::Absent || error.flaw.code.as_deref() == Some("NoSuchKey") => {
                error.flaw.kind = Kind::Conflict;
                Err(error)
            }
            Err(error) => Err(error),
        }
    }

    /// Deletes the object if it still has this ETag; true if it is gone. A store that does not know conditions deletes whatever is there.
    pub(crate) async fn delete_unchanged(
        &self,
        cx: &Context,
        key: &str,
        etag: Option<&str>,
    ) -> Result<bool, StorageError> {
        let mut call = Call::on_key(Op::DeleteObject, key);
        if let Some(etag) = etag.filter(|_| self.takes_conditions()) {
            call = call.header("if-match", &format!("\"{etag}\""));
        }
        match self.call(cx, &call, Expect::Done).await {
            Ok(_) => Ok(true),
            Err(error) if error.kind() == Kind::Absent => Ok(true),
            Err(error) if error.kind() == Kind::Conflict => Ok(false),
            Err(error) if error.kind() == Kind::NotImplemented && etag.is_some() && self.takes_conditions() => {
                self.note_no_conditions();
                Box::pin(self.delete_unchanged(cx, key, None)).await
            }
            Err(error) => Err(error),
        }
    }
}
