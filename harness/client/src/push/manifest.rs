//! Pushing one manifest.

use http::header::CONTENT_TYPE;
use http::{Method, Uri};
use shakedown_oci::{Digest, Manifest, Reference, RepositoryName};

use crate::client::{Client, Op};
use crate::content::StoredManifest;
use crate::session::{Hop, Payload};
use crate::{ClientError, Outcome, check};

/// A manifest that was pushed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PushedManifest {
    /// Its digest.
    pub digest: Digest,
    /// Its size.
    pub size: u64,
    /// Where the registry says it can be pulled.
    pub location: Option<Uri>,
    /// `OCI-Subject`: the registry has the referrers API and took note (MS1).
    pub subject: Option<Digest>,
    /// True if the referrers tag was updated because the registry has no referrers API (MS2).
    pub fallback: bool,
}

impl Client {
    /// Pushes a manifest to a tag or to its digest, under its own media type. If it has a subject and the registry no referrers API,
    /// the referrers tag is updated (MS2-MS8).
    pub async fn push_manifest(
        &self,
        repository: &RepositoryName,
        reference: &Reference,
        manifest: &StoredManifest,
    ) -> Outcome<PushedManifest> {
        let op = self.op();
        let result = op.push_manifest(repository, reference, manifest).await;
        op.ledger.finish(result)
    }
}

impl Op<'_> {
    pub(super) async fn push_manifest(
        &self,
        repository: &RepositoryName,
        reference: &Reference,
        manifest: &StoredManifest,
    ) -> Result<PushedManifest, ClientError> {
        let mut pushed = self.put_manifest(repository, reference, manifest).await?;
        // A manifest that cannot be read has no subject that we know of.
        if let Ok(view) = Manifest::parse(&manifest.bytes, None)
            && let Some(subject) = &view.subject
            && pushed.subject.is_none()
        {
            let entry = view.referrer(pushed.digest.clone(), pushed.size);
            self.add_to_referrers_tag(repository, &subject.digest, entry).await?;
            pushed.fallback = true;
        }
        Ok(pushed)
    }

    pub(super) async fn put_manifest(
        &self,
        repository: &RepositoryName,
        reference: &Reference,
        manifest: &StoredManifest,
    ) -> Result<PushedManifest, ClientError> {
        let uri = self.client.uri(&format!("{repository}/manifests/{reference}"))?;
        let hop = Hop::new(Method::PUT, uri)
            .header(CONTENT_TYPE, &manifest.descriptor.media_type)
            .payload(Payload::Bytes(manifest.bytes.clone()))
            .idempotent();
        let answer = self.expect(hop, &[201]).await?;
        let digest = reference.digest().unwrap_or(&manifest.descriptor.digest).clone();
        self.ledger.add(check::optional_digest(&answer, "MP10", &digest));
        let location = check::location(&answer, "MP9", &self.ledger);
        let subject = answer.text("oci-subject").and_then(|text| text.parse().ok());
        answer.discard().await;
        Ok(PushedManifest { digest, size: manifest.bytes.len() as u64, location, subject, fallback: false })
    }
}
