//! The closed set of things a fault can make an interpreter do. Effects are open (one file each); actions are not.

use std::time::Duration;

use bytes::Bytes;
use http::{Method, StatusCode};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// When, relative to the work of the party, an action takes place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Moment {
    /// Before the request is applied; the party never sees it.
    Before,
    /// After it was applied; the party's own answer is thrown away.
    Applied,
}

/// How a connection ends.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum End {
    /// Orderly close.
    #[default]
    Fin,
    /// Abort.
    Rst,
}

/// A whole answer that replaces the party's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// Status.
    pub status: StatusCode,
    /// Header lines; `Content-Length` is derived from the body.
    pub headers: Vec<(String, String)>,
    /// Body; not sent in answer to HEAD, but its length is announced.
    pub body: Bytes,
    /// False: answer without reading the request's body (an early refusal).
    pub read_request: bool,
}

/// Changes to the head of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HeadEdit {
    /// Sets (replaces) a header.
    Set {
        /// Name.
        name: String,
        /// Value.
        value: String,
    },
    /// Removes a header.
    Remove {
        /// Name.
        name: String,
    },
    /// Changes the status of an answer, keeping headers and body.
    Status(StatusCode),
    /// Changes the method of a request (a gateway that turns HEAD into GET). The sender of a HEAD still gets no body.
    Method(Method),
}

/// Changes to the bytes of an answer's body. Offsets count from 0.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BodyEdit {
    /// Sends `at` bytes under the full `Content-Length`, then ends the connection.
    Truncate {
        /// Bytes that still arrive.
        at: u64,
        /// How the connection ends.
        end: End,
    },
    /// Sends `at` bytes, then nothing for `pause`, then the rest (`None`: nothing ever again).
    Stall {
        /// Bytes that still arrive at once.
        at: u64,
        /// Length of the silence.
        pause: Option<Duration>,
    },
    /// Sends at this rate.
    Trickle {
        /// Bytes per second.
        bytes_per_second: u64,
    },
    /// Flips the bits of one byte.
    Corrupt {
        /// Its offset.
        at: u64,
    },
    /// Announces a `Content-Length` that differs from the truth by this much; the connection ends after the bytes there are.
    LengthOff {
        /// Added to the true length.
        by: i64,
    },
    /// Replaces the whole body; `Content-Length` follows.
    Replace(Bytes),
    /// Puts bytes before the body; `Content-Length` follows.
    Prepend(Bytes),
}

/// Changes to an XML answer, by element name (any depth).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum XmlEdit {
    /// Removes each such element with what it holds.
    Drop {
        /// Element name.
        element: String,
    },
    /// Replaces the text of each such element.
    Set {
        /// Element name.
        element: String,
        /// New text, escaped by the interpreter.
        text: String,
    },
    /// Adds an element as last child of the root.
    Add {
        /// Element name.
        element: String,
        /// Text, escaped by the interpreter.
        text: String,
    },
}

/// Which reads of a store are late.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub enum View {
    /// GetObject and HeadObject.
    #[serde(rename = "object")]
    Object,
    /// ListObjects V1 and V2.
    #[serde(rename = "listing")]
    Objects,
    /// ListMultipartUploads.
    #[serde(rename = "multipart-uploads")]
    Uploads,
    /// ListParts.
    #[serde(rename = "parts")]
    Parts,
}

/// When something late becomes visible.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Until {
    /// After this much time.
    Elapsed(Duration),
    /// After so many looks that did not show it.
    Looks(u64),
    /// Never.
    Never,
}

/// Wrong pages of a listing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PageFault {
    /// The same first page again and again, `IsTruncated` true, the marker does not move.
    Stuck,
    /// `IsTruncated` true, but no marker to go on from.
    NoNextMarker,
    /// At most this many entries a page.
    Size(u32),
    /// Answers as if the prefix had not been sent.
    IgnorePrefix,
    /// Answers only if the prefix is exactly the key (MinIO's upload listings), else an empty page.
    ExactPrefix,
    /// An empty page.
    Empty,
    /// 500 InternalError where the page would be empty (ListParts of an upload without parts: rustfs#2760).
    EmptyIsError,
    /// The page as it was when the request arrived, although it is answered later (with a delay).
    Snapshot,
}

/// What only a store can do. Refused by the checker on other parties.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StoreFault {
    /// What this request writes is not visible to `view` until later.
    Hide {
        /// The reads that are late.
        view: View,
        /// Until when.
        until: Until,
    },
    /// Reads answer what stood before the last write of the key, if that write is younger than this.
    Stale {
        /// Age from which writes are seen.
        younger_than: Duration,
    },
    /// A 404 of this key is remembered and repeated for so long, whatever is written.
    NegativeCache {
        /// How long.
        keep: Duration,
    },
    /// Answers as if it had been done; nothing is stored, copied, completed or deleted.
    NotApplied,
    /// DeleteObjects answers 200 and deletes nothing; each key is reported as an `<Error>` with this code.
    DeleteErrors {
        /// S3 error code.
        code: String,
    },
    /// A wrong page.
    Page(PageFault),
    /// A second, foreign upload is opened for the key of this CreateMultipartUpload, and is listed before it.
    ForeignUpload,
    /// This many foreign uploads with other keys are listed before everything else.
    ForeignUploads(u32),
    /// The store's clock differs from ours by so many milliseconds when it checks this request's signature.
    ClockSkewMs(i64),
    /// The store serves the whole object although a `Range` was asked (status and length as if it had not been).
    IgnoreRange,
    /// The access key of this request is refused from now on, until credentials change.
    RevokeKey,
}

/// One thing to do. An effect gives one or several, carried out in order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    /// Waits before the request is applied.
    Delay(Duration),
    /// Waits after it was applied, before its head is sent.
    DelayReply(Duration),
    /// Another answer instead of the party's.
    Answer(Moment, Answer),
    /// No answer; the connection ends.
    Break(Moment, End),
    /// These bytes instead of an answer, then the connection ends.
    Raw(Moment, Bytes, End),
    /// Changes the request's head on its way in (a gateway that loses `Host`).
    RequestHead(HeadEdit),
    /// Changes the head of the party's answer.
    Head(HeadEdit),
    /// Changes the body of the party's answer.
    Body(BodyEdit),
    /// Changes the XML of the party's answer.
    Xml(XmlEdit),
    /// Applies the request twice; the second answer is sent.
    Twice,
    /// For the store itself.
    Store(StoreFault),
}
