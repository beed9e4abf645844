//! What a fault does: one file per effect, and one line in the list below. The list makes the enum [`Effect`], what
//! `shakedown list` and the documentation say of it, and the examples that the tests read.
//!
//! An effect only says *what* is to happen, as [`Action`]s; who can do it follows from the actions.

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

use crate::{Action, On};

pub(crate) use answer::header_problems;

mod list;
mod reading;

/// One kind of effect. Implemented in the file of its name.
pub trait EffectKind: Sized {
    /// What it does, in a few words that follow "the party".
    fn summary(&self) -> String;

    /// What to do, in order. The random stream belongs to the rule.
    fn actions(&self, rng: &mut ChaCha8Rng) -> Vec<Action>;

    /// The effect as it is meant when only its name is written; `None` if it needs more than that.
    fn bare() -> Option<Self> {
        None
    }

    /// What is wrong with its parameters, for the author of a file.
    fn problems(&self) -> Vec<String> {
        Vec::new()
    }
}

list::effects! {
    "delay" delay Delay "The answer comes late: by a fixed, uniform or lognormal time, before the request is applied or before the reply." "delay: { uniform: { from: 10ms, to: 50ms }, at: reply }";
    "visible-after" visible_after VisibleAfter "What this request writes is seen by reads or listings only later: after a time, after some looks, or never." "visible-after: { what: multipart-uploads, delay: 2200ms }";
    "answer" answer Answer "Another answer instead of the party's: any status, with XML, HTML, JSON, text, a captured page or nothing." "answer: { status: 404, body: html }";
    "slow-down" slow_down SlowDown "503 SlowDown, with or without Retry-After." "slow-down: 2s";
    "ok-with-error" ok_with_error OkWithError "200, but the body is an error; nothing was applied." "ok-with-error: { code: InternalError, padding: 50 }";
    "not-applied" not_applied NotApplied "200 as if it had been done; nothing was stored, copied or deleted." "not-applied: html";
    "lost-reply" lost_reply LostReply "The request is applied, but its reply is lost: the connection ends or another answer comes." "lost-reply: { status: 503 }";
    "reset" reset Reset "The connection is reset (RST) before anything is applied or answered." "reset";
    "close" close Close "The connection is closed (FIN) before anything is applied or answered." "close";
    "half-head" half_head HalfHead "The connection is closed in the middle of the answer's head." "half-head";
    "garbage" garbage Garbage "Bytes that are not HTTP instead of an answer." "garbage";
    "truncate" truncate Truncate "The answer's body ends after so many bytes, under the full Content-Length." "truncate: { at: 100KiB, end: rst }";
    "stall" stall Stall "The answer's body pauses after so many bytes, for a time or for ever." "stall: { at: 64KiB, for: 30s }";
    "trickle" trickle Trickle "The answer's body comes at so many bytes a second." "trickle: 10KiB";
    "content-length" content_length ContentLength "The announced Content-Length differs from the truth." "content-length: 10";
    "wrong-etag" wrong_etag WrongEtag "The answer carries another ETag than it should." "wrong-etag";
    "no-etag" no_etag NoEtag "The answer carries no ETag." "no-etag";
    "content-type" content_type ContentType "The answer carries another Content-Type." "content-type: text/html";
    "content-range" content_range ContentRange "The answer carries another Content-Range." "content-range: bytes 0-9/30";
    "corrupt" corrupt Corrupt "One byte of the answer's body is wrong." "corrupt: 1000";
    "header" header Header "Headers of the answer are set or removed." "header: { set: { retry-after: 5 }, remove: docker-content-digest }";
    "request-header" request_header RequestHeader "Headers of the request are set or removed before the party sees it (a gateway that loses Host)." "request-header: { set: { host: backend.internal } }";
    "request-method" request_method RequestMethod "The party sees another method than was sent (a gateway that turns HEAD into GET)." "request-method: GET";
    "status" status Status "The answer's status is replaced; headers and body stay." "status: 200";
    "body" body Body "The answer's body is replaced, or text is put before it; its length is right." "body: { prepend: ' ' }";
    "xml" xml Xml "Elements of an XML answer are dropped, replaced or added." "xml: { drop: IsTruncated }";
    "redirect" redirect Redirect "Redirects elsewhere, or nowhere: without a location the answer has none." "redirect: 301";
    "expired-token" expired_token ExpiredToken "400 ExpiredToken." "expired-token";
    "access-denied" access_denied AccessDenied "403 AccessDenied." "access-denied";
    "clock-skew" clock_skew ClockSkew "The store's clock differs by so much when it checks the signature." "clock-skew: 16m";
    "stale-read" stale_read StaleRead "Reads answer what stood before the last write, if that is younger than this." "stale-read: 5s";
    "negative-cache" negative_cache NegativeCache "A 404 is remembered and repeated for so long, whatever is written." "negative-cache: 60s";
    "duplicate" duplicate Duplicate "The request is applied twice; the second answer is sent." "duplicate";
    "page" page Page "A wrong page of a listing." "page: no-next-marker";
    "foreign-upload" foreign_upload ForeignUpload "A second, foreign upload of the same key is opened, and listed first." "foreign-upload";
    "foreign-uploads" foreign_uploads ForeignUploads "So many foreign uploads of other keys are listed before everything else." "foreign-uploads: 1000";
    "ignore-range" ignore_range IgnoreRange "The whole object although a range was asked." "ignore-range";
    "revoke-key" revoke_key RevokeKey "The access key of this request is refused from now on." "revoke-key";
    "delete-errors" delete_errors DeleteErrors "DeleteObjects answers 200 and deletes nothing: each key is reported as an error." "delete-errors: AccessDenied";
    "all" all All "Several effects together, in order." "all: [{ delay: 2s }, { page: snapshot }]";
}

impl Effect {
    /// The parties that can do this: all, or the store alone.
    pub fn parties(&self) -> &'static [On] {
        let store = |action: &Action| matches!(action, Action::Store(_));
        let actions = self.actions(&mut ChaCha8Rng::seed_from_u64(0));
        if actions.iter().any(store) { &[On::S3] } else { On::ALL }
    }
}

#[cfg(test)]
mod tests;
