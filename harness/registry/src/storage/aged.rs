//! Listings with ages, for what cleans up. Ages are differences of two times of the store's own clock: `Date` of the answer and
//! `LastModified` of the entry. Not here: listings that serve clients (`listing`).

use std::time::{Duration, SystemTime};

use http::header;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::answer::{Answer, Expect};
use super::call::{Call, Op};
use super::client::Storage;
use super::listing::read_page;
use super::outcome::{Flaw, StorageError};
use crate::context::Context;
use shakedown_s3call::xml::Element;

/// How far a `Date` may be ahead of our clock before it is not believed: S3 refuses requests whose clock is off by more
/// (RequestTimeTooSkewed), so a larger difference is somebody else's header.
pub(crate) const MOST_SKEW: Duration = Duration::from_secs(15 * 60);

/// An object as a listing shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Aged {
    pub(crate) key: String,
    pub(crate) size: u64,
    /// Time since it was written; `None` if the store does not say, which counts as young.
    pub(crate) age: Option<Duration>,
}

impl Aged {
    /// Written less than `limit` ago, or at an unknown time.
    pub(crate) fn is_younger_than(&self, limit: Duration) -> bool {
        self.age.is_none_or(|age| age < limit)
    }
}

/// An open multipart upload as a listing shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct AgedUpload {
    pub(crate) key: String,
    pub(crate) id: String,
    /// Time since it was begun; `None` counts as young.
    pub(crate) age: Option<Duration>,
}

impl Storage {
    /// One page of the objects below a prefix, from `token` on, and the token of the next.
    pub(crate) async fn list_aged(
        &self,
        cx: &Context,
        prefix: &str,
        token: Option<&str>,
    ) -> Result<(Vec<Aged>, Option<String>), StorageError> {
        let mut call = Call::on_bucket(Op::ListObjectsV2, prefix).query("list-type", "2").query("prefix", prefix);
        if let Some(token) = token {
            call = call.query("continuation-token", token);
        }
        let answer = self.call(cx, &call, Expect::Xml("ListBucketResult")).await?;
        let bad = |reason| self.failed(cx, &call, 1, Flaw::not_s3(answer.status, reason));
        let page = read_page(&answer.xml).map_err(bad)?;
        if page.next.is_some() && page.next.as_deref() == token {
            return Err(bad("the listing's marker does not move"));
        }
        let now = self.store_time(&answer);
        let ages = answer.xml.all("Contents").map(|entry| age(entry, "LastModified", now));
        let entries = page.objects.into_iter().zip(ages).map(|((key, size), age)| Aged { key, size, age }).collect();
        Ok((entries, page.next))
    }

    /// One page of open multipart uploads below a prefix, after `markers` (key, id), and the markers of the next.
    pub(crate) async fn list_aged_uploads(
        &self,
        cx: &Context,
        prefix: &str,
        markers: Option<&(String, String)>,
    ) -> Result<(Vec<AgedUpload>, Option<(String, String)>), StorageError> {
        let mut call = Call::on_bucket(Op::ListMultipartUploads, prefix).query("uploads", "").query("prefix", prefix);
        if let Some((key, id)) = markers {
            call = call.query("key-marker", key).query("upload-id-marker", id);
        }
        let answer = self.call(cx, &call, Expect::Xml("ListMultipartUploadsResult")).await?;
        let now = self.store_time(&answer);
        let text = |element: &Element, name: &str| element.text_of(name).unwrap_or_default().to_owned();
        let uploads = answer.xml.all("Upload").map(|upload| AgedUpload {
            key: text(upload, "Key"),
            id: text(upload, "UploadId"),
            age: age(upload, "Initiated", now),
        });
        // A store that ignores the prefix must not make us abort what is not ours (incident A03).
        let uploads = uploads.filter(|upload| upload.key.starts_with(prefix) && !upload.id.is_empty()).collect();
        let next = (answer.xml.text_of("IsTruncated") == Some("true"))
            .then(|| (text(&answer.xml, "NextKeyMarker"), text(&answer.xml, "NextUploadIdMarker")));
        if next.is_some() && next.as_ref() == markers {
            let flaw = Flaw::not_s3(answer.status, "the listing's markers do not move");
            return Err(self.failed(cx, &call, 1, flaw));
        }
        Ok((uploads, next))
    }

    /// Time since the last part of an upload was stored; `None` if it has no parts or the store does not say.
    pub(crate) async fn last_part_age(
        &self,
        cx: &Context,
        key: &str,
        upload: &str,
    ) -> Result<Option<Duration>, StorageError> {
        let mut newest: Option<Duration> = None;
        let mut marker: Option<String> = None;
        loop {
            let mut call = Call::on_key(Op::ListParts, key).query("uploadId", upload);
            if let Some(marker) = &marker {
                call = call.query("part-number-marker", marker.clone());
            }
            let answer = self.call(cx, &call, Expect::Xml("ListPartsResult")).await?;
            let now = self.store_time(&answer);
            let ages = answer.xml.all("Part").filter_map(|part| age(part, "LastModified", now));
            newest = ages.chain(newest).min();
            let next = answer.xml.text_of("NextPartNumberMarker").map(str::to_owned);
            if answer.xml.text_of("IsTruncated") != Some("true") || next.is_none() || next == marker {
                return Ok(newest);
            }
            marker = next;
        }
    }

    /// The store's time when it answered, as far as it can be believed; else ours.
    fn store_time(&self, answer: &Answer) -> SystemTime {
        let ours = self.clock().now();
        let date = answer.headers.get(header::DATE).and_then(|value| value.to_str().ok());
        let date = date.and_then(|text| httpdate::parse_http_date(text).ok());
        date.map_or_else(|| ours - MOST_SKEW, |date| date.min(ours + MOST_SKEW))
    }
}

fn age(element: &Element, name: &str, now: SystemTime) -> Option<Duration> {
    let written = OffsetDateTime::parse(element.text_of(name)?, &Rfc3339).ok()?;
    // What was written a moment after the whole second of `Date` is as young as can be.
    Some(now.duration_since(SystemTime::from(written)).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ages_are_between_two_times_of_the_store() {
        let now = httpdate::parse_http_date("Thu, 01 Jan 2026 00:01:00 GMT").unwrap();
        let entry = |text: &str| {
            let child = Element { name: "LastModified".into(), text: text.into(), children: Vec::new() };
            age(&Element { name: "Contents".into(), text: String::new(), children: vec![child] }, "LastModified", now)
        };
        assert_eq!(entry("2026-01-01T00:00:00.000Z"), Some(Duration::from_secs(60)));
        assert_eq!(entry("2026-01-01T00:01:00.999Z"), Some(Duration::ZERO));
        assert_eq!(entry("yesterday"), None);
        assert_eq!(age(&Element::default(), "LastModified", now), None);
    }
}
