//! Referrers of a manifest: the API, else the referrers tag, else none (RL1-RL18, BC4).

use std::collections::BTreeSet;

use http::StatusCode;
use http::header::CONTENT_TYPE;
use shakedown_oci::{Descriptor, Digest, Manifest, ManifestKind, MediaType, Reference, RepositoryName, media_type};

use crate::client::{Client, Op};
use crate::location::append_query;
use crate::session::{Answer, Hop};
use crate::{ClientError, Finding, Outcome};

/// Most pages that are followed.
const MOST_PAGES: usize = 10_000;

/// Where a list of referrers came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReferrersFrom {
    /// The referrers API.
    Api,
    /// The referrers tag (RL16, RL17).
    Tag,
    /// Neither: there are none (RL18).
    Nowhere,
}

/// What refers to a manifest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Referrers {
    /// Descriptors, in the order they came, filtered as asked.
    pub entries: Vec<Descriptor>,
    /// Where they came from.
    pub from: ReferrersFrom,
    /// `OCI-Filters-Applied` said `artifactType` (RL14).
    pub filtered: bool,
    /// Pages of the referrers API.
    pub pages: usize,
}

impl Client {
    /// Everything that refers to `subject`, or what of it has `artifact_type`.
    pub async fn referrers(
        &self,
        repository: &RepositoryName,
        subject: &Digest,
        artifact_type: Option<&str>,
    ) -> Outcome<Referrers> {
        let op = self.op();
        let result = op.referrers(repository, subject, artifact_type).await;
        op.ledger.finish(result)
    }
}

impl Op<'_> {
    async fn referrers(
        &self,
        repository: &RepositoryName,
        subject: &Digest,
        artifact_type: Option<&str>,
    ) -> Result<Referrers, ClientError> {
        let mut uri = self.client.uri(&format!("{repository}/referrers/{subject}"))?;
        if let Some(artifact_type) = artifact_type {
            uri = append_query(&uri, "artifactType", artifact_type);
        }
        let mut referrers = Referrers { entries: Vec::new(), from: ReferrersFrom::Api, filtered: false, pages: 0 };
        let mut visited = BTreeSet::new();
        let mut next = Some(uri);
        while let Some(uri) = next {
            let mut answer = self.expect(Hop::get(uri.clone()), &[200, 404]).await?;
            if answer.status() == StatusCode::NOT_FOUND {
                referrers = self.tagged_referrers(repository, subject).await?;
                break;
            }
            if !visited.insert(uri.to_string()) || visited.len() > MOST_PAGES {
                return Err(answer.unusable("the list of referrers does not end"));
            }
            let applied = answer.text("oci-filters-applied").unwrap_or_default();
            referrers.filtered = applied.split(',').any(|filter| filter.trim() == "artifactType");
            referrers.entries.extend(self.index(&mut answer).await?);
            referrers.pages = visited.len();
            next = self.next_page(&answer)?;
        }
        if let Some(wanted) = artifact_type {
            let before = referrers.entries.len();
            referrers.entries.retain(|entry| entry.artifact_type.as_deref() == Some(wanted));
            if referrers.filtered && referrers.entries.len() < before {
                let others = (before - referrers.entries.len()).to_string();
                self.ledger.add([Finding::new(
                    "RL14",
                    None,
                    "entries of another type",
                    "none, the filter was applied",
                    others,
                )]);
            }
        }
        Ok(referrers)
    }

    async fn index(&self, answer: &mut Answer) -> Result<Vec<Descriptor>, ClientError> {
        let bytes = answer.collect(Manifest::MAX_BYTES).await?;
        let content_type = answer.text(CONTENT_TYPE.as_str()).unwrap_or("absent").to_owned();
        if content_type.parse::<MediaType>().is_ok_and(|media_type| media_type != media_type::OCI_INDEX)
            || content_type == "absent"
        {
            let what = "Content-Type of the referrers";
            self.ledger.add([Finding::new("RL5", answer.trace, what, media_type::OCI_INDEX, content_type)]);
        }
        let index = Manifest::parse(&bytes, None).map_err(|error| {
            self.ledger.add([Finding::new(
                "RL4",
                answer.trace,
                "body of the referrers",
                "an image index",
                error.to_string(),
            )]);
            ClientError::Manifest { at: answer.at(), error }
        })?;
        if index.kind != ManifestKind::OciIndex {
            self.ledger.add([Finding::new(
                "RL4",
                answer.trace,
                "body of the referrers",
                "an image index",
                index.kind.media_type(),
            )]);
        }
        Ok(index.manifests)
    }

    async fn tagged_referrers(&self, repository: &RepositoryName, subject: &Digest) -> Result<Referrers, ClientError> {
        let tag = Reference::Tag(subject.fallback_tag());
        match self.fetch_manifest(repository, &tag).await {
            Ok(pulled) => Ok(Referrers {
                entries: pulled.manifest.manifests,
                from: ReferrersFrom::Tag,
                filtered: false,
                pages: 0,
            }),
            Err(error) if error.status() == Some(404) => {
                Ok(Referrers { entries: Vec::new(), from: ReferrersFrom::Nowhere, filtered: false, pages: 0 })
            }
            Err(error) => Err(error),
        }
    }
}
