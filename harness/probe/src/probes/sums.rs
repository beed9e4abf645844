//! Bodies with signatures of chunks or with trailers, as newer SDKs send them.

use bytes::{Bytes, BytesMut};
use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};
use shakedown_wire::{Body, Request};

use super::delete::crc32;
use crate::ask::{Ask, Sign};
use crate::context::{Cx, SMALL};
use crate::plan::Level;
use crate::probe::{Check, Probe, Severities, Severity, due};
use crate::profile::Profile;

pub(super) const PROBES: &[Probe] = &[
    Probe {
        id: "sum.crc32_header",
        title: "An object is put with a CRC32 in its headers",
        breaks: "every write of clients with newer AWS SDKs",
        severity: Severities::only(Profile::SDK2, Severity::Blocker),
        source: &["gitea#32407"],
        level: Level::Quick,
        requests: [2; 3],
        bytes: [SMALL; 3],
        run: |cx| Box::pin(in_header(cx)),
    },
    Probe {
        id: "sum.unsigned_trailer",
        title: "An object is put with its CRC32 in a trailer, and stored without the framing",
        breaks: "every write of clients with newer AWS SDKs over https",
        severity: Severities::only(Profile::SDK2, Severity::Blocker),
        source: &["fleet#47850", "gateway-st#89"],
        level: Level::Quick,
        requests: [2; 3],
        bytes: [SMALL; 3],
        run: |cx| Box::pin(unsigned_trailer(cx)),
    },
    Probe {
        id: "sum.signed_chunks",
        title: "An object is put in signed chunks, and stored without the framing",
        breaks: "every write of minio-go over http",
        severity: Severities::only(&[Profile::Gitea], Severity::Blocker),
        source: &[],
        level: Level::Quick,
        requests: [2; 3],
        bytes: [SMALL; 3],
        run: |cx| Box::pin(signed_chunks(cx)),
    },
    Probe {
        id: "sum.crc32_wrong",
        title: "An object whose CRC32 is wrong is refused and not stored",
        breaks: "nothing at once; newer SDKs rely on it to see bytes that change on their way in",
        severity: Severities::all(Severity::Info),
        source: &[],
        level: Level::Standard,
        requests: [0, 2, 2],
        bytes: [0, SMALL, SMALL],
        run: |cx| Box::pin(wrong_sum(cx)),
    },
    Probe {
        id: "sum.signed_trailer",
        title: "An object is put in signed chunks with a signed trailer, and stored without the framing",
        breaks: "nothing of the registries here: newer AWS SDKs send it over http",
        severity: Severities::all(Severity::Info),
        source: &["dotnet-monitor#9768"],
        level: Level::Standard,
        requests: [0, 2, 2],
        bytes: [0, SMALL, SMALL],
        run: |cx| Box::pin(signed_trailer(cx)),
    },
];

async fn in_header(cx: &Cx) -> Check {
    let (key, bytes) = (cx.key("object"), cx.content("it", 1000));
    let ask = Ask::put(&key, bytes.clone()).header("x-amz-checksum-crc32", &crc32(&bytes));
    cx.send(ask).await?.status(200)?;
    cx.reads(&key, &bytes).await
}

/// What both kinds of chunked bodies say in their headers.
fn chunked(key: &str, framed: &Bytes, length: usize, marker: &'static str) -> Ask {
    Ask::put(key, framed.clone())
        .header("content-encoding", "aws-chunked")
        .header("x-amz-decoded-content-length", &length.to_string())
        .sign(Sign::Streaming(marker))
}

async fn unsigned_trailer(cx: &Cx) -> Check {
    let (key, bytes) = (cx.key("object"), cx.content("it", 1000));
    let mut framed = BytesMut::from(format!("{:x}\r\n", bytes.len()).as_bytes());
    framed.extend_from_slice(&bytes);
    framed.extend_from_slice(format!("\r\n0\r\nx-amz-checksum-crc32:{}\r\n\r\n", crc32(&bytes)).as_bytes());
    let ask = chunked(&key, &framed.freeze(), bytes.len(), "STREAMING-UNSIGNED-PAYLOAD-TRAILER")
        .header("x-amz-trailer", "x-amz-checksum-crc32")
        .header("x-amz-sdk-checksum-algorithm", "CRC32");
    cx.send(ask).await?.status(200)?;
    cx.reads(&key, &bytes).await
}

async fn signed_chunks(cx: &Cx) -> Check {
    in_signed_chunks(cx, None).await
}

async fn signed_trailer(cx: &Cx) -> Check {
    in_signed_chunks(cx, Some("x-amz-checksum-crc32")).await
}

/// Puts an object in signed chunks, with a CRC32 in a trailer of this name if there is one.
async fn in_signed_chunks(cx: &Cx, trailer: Option<&'static str>) -> Check {
    let (key, bytes) = (cx.key("object"), cx.content("it", 70_000));
    let chunks = [&bytes[..65_536], &bytes[65_536..], &[]];
    let line = trailer.map(|name| format!("{name}:{}", crc32(&bytes)));
    let framed = |sign: &mut dyn FnMut(Signs<'_>) -> String| -> Vec<u8> {
        let mut framed: Vec<u8> = chunks.iter().flat_map(|chunk| frame(chunk, &sign(Signs::Chunk(chunk)))).collect();
        if let Some(line) = &line {
            // The last chunk has no end of its own: the trailer follows.
            framed.truncate(framed.len() - 2);
            let signature = sign(Signs::Trailer(line));
            framed.extend_from_slice(format!("{line}\r\nx-amz-trailer-signature:{signature}\r\n\r\n").as_bytes());
        }
        framed
    };
    // Signatures are of one length: the frames are known before the first signature is.
    let placeholder = Bytes::from(vec![0; framed(&mut |_| "0".repeat(64)).len()]);
    let ask = match trailer {
        None => chunked(&key, &placeholder, bytes.len(), "STREAMING-AWS4-HMAC-SHA256-PAYLOAD"),
        Some(name) => chunked(&key, &placeholder, bytes.len(), "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER")
            .header("x-amz-trailer", name)
            .header("x-amz-sdk-checksum-algorithm", "CRC32"),
    };
    let secret = cx.run.target.credentials.secret_key.clone();
    let fill = |request: &mut Request| {
        let mut signer = ChunkSigner::of(request, &secret);
        *request.body_mut() = Body::full(framed(&mut |what| signer.next(&what)));
    };
    cx.exchange(ask, Body::empty(), SMALL, fill).await?.status(200)?;
    cx.reads(&key, &bytes).await
}

async fn wrong_sum(cx: &Cx) -> Check {
    let (key, bytes) = (cx.key("object"), cx.content("it", 1000));
    let reply = cx.send(Ask::put(&key, bytes).header("x-amz-checksum-crc32", &crc32(b"something else"))).await?;
    due!(reply.status >= 400, "a PUT whose CRC32 is wrong answered {}; 400 was due", reply.seen());
    let stored = cx.head(&key).await?;
    due!(stored.status != 200, "a PUT whose CRC32 is wrong was refused, and its bytes are stored");
    Ok(())
}

fn frame(chunk: &[u8], signature: &str) -> Vec<u8> {
    let mut framed = format!("{:x};chunk-signature={signature}\r\n", chunk.len()).into_bytes();
    framed.extend_from_slice(chunk);
    framed.extend_from_slice(b"\r\n");
    framed
}

/// What is signed next.
enum Signs<'a> {
    Chunk(&'a [u8]),
    /// A line of the trailer, without its end.
    Trailer(&'a str),
}

/// Signatures of chunks, each over the one before it.
struct ChunkSigner {
    key: Vec<u8>,
    head: String,
    previous: String,
}

impl ChunkSigner {
    /// Begins with the signature of the head.
    fn of(request: &Request, secret: &str) -> Self {
        let header = |name: &str| request.headers().get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let authorization = header("authorization");
        let field =
            |name: &str| authorization.split_once(name).map_or("", |(_, rest)| rest.split(',').next().unwrap_or(rest));
        let scope = field("Credential=").split_once('/').map_or("", |(_, scope)| scope);
        let start = format!("AWS4{secret}").into_bytes();
        let key = scope.split('/').fold(start, |key, part| hmac(&key, part.as_bytes()));
        let head = format!("{}\n{scope}", header("x-amz-date"));
        Self { key, head, previous: field("Signature=").to_owned() }
    }

    fn next(&mut self, what: &Signs<'_>) -> String {
        let hash = |bytes: &[u8]| hex::encode(Sha256::digest(bytes));
        let (kind, hashes) = match what {
            Signs::Chunk(chunk) => ("PAYLOAD", format!("{}\n{}", hash(b""), hash(chunk))),
            Signs::Trailer(line) => ("TRAILER", hash(format!("{line}\n").as_bytes())),
        };
        let text = format!("AWS4-HMAC-SHA256-{kind}\n{}\n{}\n{hashes}", self.head, self.previous);
        self.previous = hex::encode(hmac(&self.key, text.as_bytes()));
        self.previous.clone()
    }
}

fn hmac(key: &[u8], text: &[u8]) -> Vec<u8> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes keys of any length");
    mac.update(text);
    mac.finalize().into_bytes().to_vec()
}
