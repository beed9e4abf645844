//! Listings of objects and of open uploads. A listing is whole and S3's, or it is an error (incidents B06, B09).

use super::answer::Expect;
use super::call::{Call, Op};
use super::client::Storage;
use super::outcome::{Flaw, StorageError};
use crate::context::Context;
use shakedown_s3call::xml::Element;

/// One page of objects.
#[derive(Debug, Clone, Default)]
pub(crate) struct Listing {
    /// Keys with sizes, in the store's order.
    pub(crate) objects: Vec<(String, u64)>,
    /// Common prefixes, in the store's order.
    pub(crate) prefixes: Vec<String>,
    /// How to get the next page; `None` at the end.
    pub(crate) next: Option<String>,
}

/// An unfinished multipart upload, as listed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct OpenUpload {
    pub(crate) key: String,
    pub(crate) id: String,
}

/// What to list.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ListQuery<'a> {
    pub(crate) prefix: &'a str,
    /// Fold what lies below the next slash.
    pub(crate) folded: bool,
    pub(crate) start_after: Option<&'a str>,
    pub(crate) limit: Option<usize>,
}

impl<'a> ListQuery<'a> {
    /// Everything below a prefix.
    pub(crate) fn all(prefix: &'a str) -> Self {
        Self { prefix, folded: false, start_after: None, limit: None }
    }

    /// What a directory holds.
    pub(crate) fn directory(prefix: &'a str) -> Self {
        Self { folded: true, ..Self::all(prefix) }
    }
}

impl Storage {
    /// One page, from `token` on.
    pub(crate) async fn list(
        &self,
        cx: &Context,
        query: ListQuery<'_>,
        token: Option<&str>,
    ) -> Result<Listing, StorageError> {
        let mut call =
            Call::on_bucket(Op::ListObjectsV2, query.prefix).query("list-type", "2").query("prefix", query.prefix);
        if query.folded {
            call = call.query("delimiter", "/");
        }
        if let Some(limit) = query.limit {
            call = call.query("max-keys", limit.to_string());
        }
        match (token, query.start_after) {
            (Some(token), _) => call = call.query("continuation-token", token),
            (None, Some(after)) if !after.is_empty() => call = call.query("start-after", after),
            _ => {}
        }
        let answer = self.call(cx, &call, Expect::Xml("ListBucketResult")).await?;
        let page =
            read_page(&answer.xml).map_err(|reason| self.failed(cx, &call, 1, Flaw::not_s3(answer.status, reason)))?;
        if page.next.is_some() && page.next.as_deref() == token {
            return Err(self.failed(cx, &call, 1, Flaw::not_s3(answer.status, "the listing's marker does not move")));
        }
        Ok(page)
    }

    /// All pages below a prefix. For bounded directories only.
    pub(crate) async fn list_all(&self, cx: &Context, query: ListQuery<'_>) -> Result<Listing, StorageError> {
        let mut all = Listing::default();
        let mut token: Option<String> = None;
        loop {
            let page = self.list(cx, query, token.as_deref()).await?;
            all.objects.extend(page.objects);
            all.prefixes.extend(page.prefixes);
            token = page.next;
            if token.is_none() {
                return Ok(all);
            }
        }
    }

    /// One page of open uploads with this prefix, and the markers of the next. Only seeded defects look for uploads in listings.
    pub(crate) async fn list_uploads(
        &self,
        cx: &Context,
        prefix: &str,
        markers: &[(&'static str, &str)],
    ) -> Result<(Vec<OpenUpload>, Option<(String, String)>), StorageError> {
        let mut call = Call::on_bucket(Op::ListMultipartUploads, prefix).query("uploads", "").query("prefix", prefix);
        for (name, value) in markers {
            call = call.query(name, *value);
        }
        let xml = self.call(cx, &call, Expect::Xml("ListMultipartUploadsResult")).await?.xml;
        let text = |element: &Element, name: &str| element.text_of(name).unwrap_or_default().to_owned();
        let uploads =
            xml.all("Upload").map(|upload| OpenUpload { key: text(upload, "Key"), id: text(upload, "UploadId") });
        let next = xml.text_of("IsTruncated") == Some("true");
        Ok((uploads.collect(), next.then(|| (text(&xml, "NextKeyMarker"), text(&xml, "NextUploadIdMarker")))))
    }
}

pub(super) fn read_page(xml: &Element) -> Result<Listing, &'static str> {
    let mut page = Listing::default();
    for contents in xml.all("Contents") {
        let key = contents.text_of("Key").filter(|key| !key.is_empty()).ok_or("an entry without Key")?;
        let size = contents.text_of("Size").and_then(|size| size.parse().ok()).ok_or("an entry without Size")?;
        page.objects.push((key.to_owned(), size));
    }
    for prefixes in xml.all("CommonPrefixes") {
        page.prefixes.push(prefixes.text_of("Prefix").ok_or("common prefixes without Prefix")?.to_owned());
    }
    // Absent IsTruncated counts as false: some stores omit it, and a listing that goes on says so.
    if xml.text_of("IsTruncated") == Some("true") {
        let token = xml.text_of("NextContinuationToken").filter(|token| !token.is_empty());
        page.next = Some(token.ok_or("a truncated listing without NextContinuationToken")?.to_owned());
    }
    Ok(page)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn any_tree_is_a_page_or_refused(
            parts in proptest::collection::vec(proptest::sample::select(&["<Contents>", "</Contents>", "<Key>k</Key>", "<Size>", "9", "</Size>", "<CommonPrefixes>", "</CommonPrefixes>", "<Prefix/>", "<IsTruncated>true</IsTruncated>", "<NextContinuationToken/>"][..]), 0..30),
        ) {
            if let Ok(root) = shakedown_s3call::xml::parse(format!("<R>{}</R>", parts.concat()).as_bytes()) {
                let _ = read_page(&root);
            }
        }
    }
}
