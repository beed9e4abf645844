//! Pulling one manifest.

use bytes::Bytes;
use http::header::{ACCEPT, CONTENT_TYPE};
use shakedown_oci::{
    Descriptor, Digest, Manifest, ManifestError, MediaType, Reference, RepositoryName, media_type, quote,
};

use crate::client::{Client, Op};
use crate::session::{Answer, Hop};
use crate::{ClientError, Finding, Outcome, check};

/// A manifest that was pulled and verified.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PulledManifest {
    /// Media type, digest and size of the bytes.
    pub descriptor: Descriptor,
    /// The bytes.
    pub bytes: Bytes,
    /// What they say.
    pub manifest: Manifest,
}

impl Client {
    /// Pulls a manifest by tag or digest.
    pub async fn pull_manifest(&self, repository: &RepositoryName, reference: &Reference) -> Outcome<PulledManifest> {
        let op = self.op();
        let result = op.fetch_manifest(repository, reference).await;
        op.ledger.finish(result)
    }
}

impl Op<'_> {
    pub(crate) async fn fetch_manifest(
        &self,
        repository: &RepositoryName,
        reference: &Reference,
    ) -> Result<PulledManifest, ClientError> {
        let uri = self.client.uri(&format!("{repository}/manifests/{reference}"))?;
        let hop = Hop::get(uri).header(ACCEPT, media_type::ALL_MANIFESTS.join(", "));
        let mut answer = self.expect(hop, &[200]).await?;
        let bytes = answer.collect(Manifest::MAX_BYTES).await?;
        self.check_length(&answer, bytes.len() as u64);
        let digest = match reference.digest() {
            Some(asked) => self.verified(&answer, asked, &bytes)?,
            None => Digest::of(&bytes),
        };
        self.ledger.add(check::content_digest(&answer, "PM11", "PM12", &digest));
        let content_type = self.content_type(&answer)?;
        let manifest = Manifest::parse(&bytes, Some(&content_type)).map_err(|error| self.unreadable(&answer, error))?;
        let descriptor = Descriptor::new(content_type.essence(), digest, bytes.len() as u64);
        Ok(PulledManifest { descriptor, bytes, manifest })
    }

    fn check_length(&self, answer: &Answer, received: u64) {
        let told = answer.content_length().filter(|told| *told != received);
        self.ledger.add(told.map(|told| {
            Finding::new("AP1", answer.trace, "Content-Length of the manifest", received.to_string(), told.to_string())
        }));
    }

    fn verified(&self, answer: &Answer, asked: &Digest, bytes: &[u8]) -> Result<Digest, ClientError> {
        let actual = Digest::with(asked.algorithm(), bytes);
        if actual == *asked {
            return Ok(actual);
        }
        self.ledger.add([Finding::new(
            "PM10",
            answer.trace,
            "digest of the manifest",
            asked.to_string(),
            actual.to_string(),
        )]);
        Err(ClientError::Digest { at: answer.at(), expected: Box::new(asked.clone()), actual: Box::new(actual) })
    }

    fn content_type(&self, answer: &Answer) -> Result<MediaType, ClientError> {
        let Some(value) = answer.headers().get(CONTENT_TYPE) else {
            self.ledger.add([Finding::new(
                "PM8",
                answer.trace,
                "Content-Type of the manifest",
                "its media type",
                "absent",
            )]);
            return Err(answer.unusable("the manifest has no Content-Type"));
        };
        let text = String::from_utf8_lossy(value.as_bytes());
        let parsed: Result<MediaType, _> = text.parse();
        match parsed {
            Ok(media_type) => {
                if media_type.has_parameters() {
                    let what = "Content-Type of the manifest";
                    self.ledger.add([Finding::new("PM6", answer.trace, what, "no parameters", quote(&text))]);
                }
                Ok(media_type)
            }
            Err(error) => Err(answer.unusable(error.to_string())),
        }
    }

    /// PM9: a manifest that says another type than it was sent with is refused.
    fn unreadable(&self, answer: &Answer, error: ManifestError) -> ClientError {
        if let ManifestError::TypeMismatch { field, content_type } = &error {
            let what = "Content-Type of the manifest";
            self.ledger.add([Finding::new("PM8", answer.trace, what, format!("its mediaType {field}"), content_type)]);
        }
        ClientError::Manifest { at: answer.at(), error }
    }
}
