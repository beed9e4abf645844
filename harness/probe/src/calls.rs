//! The usual calls, as the drivers send them. Each fails with what came and what was due.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use md5::{Digest as _, Md5};
use shakedown_s3call::xml::{Element, element};
use shakedown_s3call::{encode_key, encode_value};

use crate::answer::{Reply, short};
use crate::ask::Ask;
use crate::context::{Cx, SMALL};
use crate::probe::{Check, End};

/// The part size of S3's rules.
pub(crate) const PART: usize = 5 << 20;

/// `Content-MD5` of these bytes.
pub(crate) fn content_md5(bytes: &[u8]) -> String {
    STANDARD.encode(Md5::digest(bytes))
}

/// As the drivers of distribution write objects and begin uploads; the ACL cannot be switched off there.
pub(crate) fn driver(ask: Ask) -> Ask {
    ask.header("x-amz-acl", "private")
        .header("x-amz-storage-class", "STANDARD")
        .header("content-type", "application/octet-stream")
}

/// An entry of a listing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) key: String,
    pub(crate) size: u64,
}

/// Keys and common prefixes of a page, each of which must be readable as a driver reads it.
pub(crate) fn entries(page: &Element) -> Check<(Vec<Entry>, Vec<String>)> {
    let entry = |contents: &Element| {
        let key = contents.text_of("Key").map(str::to_owned)?;
        let size = contents.text_of("Size")?.parse().ok()?;
        contents.text_of("LastModified").filter(|date| date.len() > 10 && date.contains('T'))?;
        Some(Entry { key, size })
    };
    let missing =
        || End::Fails("an entry of the listing lacks Key, Size or LastModified (or they are no values)".into());
    let found: Option<Vec<_>> = page.all("Contents").map(entry).collect();
    let prefixes: Option<Vec<_>> =
        page.all("CommonPrefixes").map(|prefix| prefix.text_of("Prefix").map(str::to_owned)).collect();
    Ok((found.ok_or_else(missing)?, prefixes.ok_or_else(missing)?))
}

/// Which listing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Version {
    V1,
    V2,
}

impl Cx {
    /// Puts an object, without the headers that some stores refuse; the answer is 200.
    pub(crate) async fn put(&self, key: &str, bytes: impl Into<Bytes>) -> Check<Reply> {
        let bytes = bytes.into();
        let md5 = content_md5(&bytes);
        let reply = self.send(Ask::put(key, bytes).header("content-md5", &md5)).await?;
        reply.status(200)?;
        Ok(reply)
    }

    /// GET with the range that the drivers send.
    pub(crate) async fn get(&self, key: &str) -> Check<Reply> {
        self.send(Ask::get(key).header("range", "bytes=0-").fresh()).await
    }

    /// Reads a whole object of known content.
    pub(crate) async fn reads(&self, key: &str, due: &[u8]) -> Check {
        let ask = Ask::get(key).fresh();
        let reply = self.send_for(ask, SMALL + due.len() as u64).await?;
        reply.status(200)?.body_is(due)
    }

    /// HEAD on a new connection.
    pub(crate) async fn head(&self, key: &str) -> Check<Reply> {
        self.send(Ask::head(key).fresh()).await
    }

    /// One page of a listing.
    pub(crate) async fn list(&self, version: Version, query: &[(&'static str, &str)]) -> Check<Element> {
        let mut ask = Ask::get("").fresh();
        if version == Version::V2 {
            ask = ask.query("list-type", 2);
        }
        for (name, value) in query {
            ask = ask.query(name, value);
        }
        let reply = self.send(ask).await?;
        reply.status(200)?.document("ListBucketResult")
    }

    /// Begins an upload; gives its id.
    pub(crate) async fn create(&self, key: &str) -> Check<String> {
        self.create_by(Ask::post(key, "")).await
    }

    /// The same with more headers.
    pub(crate) async fn create_by(&self, ask: Ask) -> Check<String> {
        let reply = self.send(ask.query("uploads", "")).await?;
        let root = reply.status(200)?.document("InitiateMultipartUploadResult")?;
        let id = root.text_of("UploadId").filter(|id| !id.is_empty());
        id.map(str::to_owned).ok_or_else(|| End::Fails("CreateMultipartUpload gave no UploadId".into()))
    }

    /// Uploads a part; gives its ETag.
    pub(crate) async fn part(&self, key: &str, id: &str, number: u32, bytes: impl Into<Bytes>) -> Check<String> {
        let bytes = bytes.into();
        let md5 = content_md5(&bytes);
        let ask = Ask::put(key, bytes).query("partNumber", number).query("uploadId", id).header("content-md5", &md5);
        let reply = self.send(ask).await?;
        etag(reply.status(200)?)
    }

    /// Copies (a range of) an object into a part; gives the part's ETag.
    pub(crate) async fn part_copy(
        &self,
        (key, id, number): (&str, &str, u32),
        source: &str,
        range: Option<&str>,
    ) -> Check<String> {
        let mut ask = Ask::put(key, "")
            .query("partNumber", number)
            .query("uploadId", id)
            .header("x-amz-copy-source", &self.copy_source(source));
        if let Some(range) = range {
            ask = ask.header("x-amz-copy-source-range", range);
        }
        let reply = self.send(ask).await?;
        let root = reply.status(200)?.document("CopyPartResult")?;
        let etag = root.text_of("ETag").filter(|etag| !etag.is_empty());
        etag.map(str::to_owned).ok_or_else(|| End::Fails("CopyPartResult has no ETag".into()))
    }

    /// Completes an upload; says what came.
    pub(crate) async fn try_complete(&self, key: &str, id: &str, parts: &[(u32, &str)]) -> Check<Reply> {
        let part = |(number, etag): &(u32, &str)| {
            format!("<Part>{}{}</Part>", element("ETag", etag), element("PartNumber", &number.to_string()))
        };
        let parts: String = parts.iter().map(part).collect();
        let body = format!(
            "<CompleteMultipartUpload xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">{parts}</CompleteMultipartUpload>"
        );
        self.send(Ask::post(key, body).query("uploadId", id)).await
    }

    /// Completes an upload; the answer proves it.
    pub(crate) async fn complete(&self, key: &str, id: &str, parts: &[(u32, &str)]) -> Check<Reply> {
        let reply = self.try_complete(key, id, parts).await?;
        reply.status(200)?.document("CompleteMultipartUploadResult")?;
        Ok(reply)
    }

    /// An object made by an upload of these parts.
    pub(crate) async fn upload(&self, key: &str, parts: &[Bytes]) -> Check {
        let id = self.create(key).await?;
        let mut etags = Vec::new();
        for (number, part) in (1..).zip(parts) {
            etags.push((number, self.part(key, &id, number, part.clone()).await?));
        }
        let parts: Vec<_> = etags.iter().map(|(number, etag)| (*number, etag.as_str())).collect();
        self.complete(key, &id, &parts).await.map(drop)
    }

    /// Aborts an upload.
    pub(crate) async fn abort(&self, key: &str, id: &str) -> Check<Reply> {
        self.send(Ask::delete(key).query("uploadId", id)).await
    }

    /// One page of the open uploads with this prefix: keys and ids.
    pub(crate) async fn uploads(&self, prefix: &str) -> Check<Vec<(String, String)>> {
        let ask = Ask::get("").query("uploads", "").query("prefix", prefix).fresh();
        let reply = self.send(ask).await?;
        let root = reply.status(200)?.document("ListMultipartUploadsResult")?;
        let text = |upload: &Element, name: &str| upload.text_of(name).unwrap_or_default().to_owned();
        Ok(root.all("Upload").map(|upload| (text(upload, "Key"), text(upload, "UploadId"))).collect())
    }

    /// One page of an upload's parts.
    pub(crate) async fn parts(&self, key: &str, id: &str) -> Check<Element> {
        let reply = self.send(Ask::get(key).query("uploadId", id).fresh()).await?;
        reply.status(200)?.document("ListPartsResult")
    }

    /// Copies an object; the answer is 200 with proof.
    pub(crate) async fn copy(&self, source: &str, key: &str) -> Check<Reply> {
        let ask = Ask::put(key, "").header("x-amz-copy-source", &self.copy_source(source));
        let reply = self.send(ask).await?;
        reply.status(200)?.document("CopyObjectResult")?;
        Ok(reply)
    }

    /// As the drivers write it: not quoted, without a slash before the bucket.
    pub(crate) fn copy_source(&self, source: &str) -> String {
        format!("{}/{}", encode_value(&self.run.target.bucket), encode_key(source))
    }
}

/// The ETag of an answer.
pub(crate) fn etag(reply: &Reply) -> Check<String> {
    match reply.header("etag") {
        "" => Err(End::Fails(format!("{} answered {} without an ETag", reply.what, reply.status))),
        etag => Ok(etag.to_owned()),
    }
}

/// For reasons: keys without the run's prefix.
pub(crate) fn names(keys: &[String], prefix: &str) -> String {
    let names: Vec<_> = keys.iter().take(6).map(|key| short(key.strip_prefix(prefix).unwrap_or(key))).collect();
    format!("{}{}", names.join(", "), if keys.len() > 6 { ", ..." } else { "" })
}
