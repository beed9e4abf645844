//! The referrers tag: what a client keeps up itself where a registry has no referrers API (MS2-MS8, RT1-RT3).

use http::StatusCode;
use shakedown_oci::{Descriptor, Digest, Flavor, IndexBuilder, ManifestKind, Reference, RepositoryName, media_type};

use crate::client::Op;
use crate::content::StoredManifest;
use crate::{ClientError, Finding};

impl Op<'_> {
    pub(super) async fn add_to_referrers_tag(
        &self,
        repository: &RepositoryName,
        subject: &Digest,
        entry: Descriptor,
    ) -> Result<(), ClientError> {
        let tag = Reference::Tag(subject.fallback_tag());
        let listed = match self.fetch_manifest(repository, &tag).await {
            Ok(pulled) if pulled.manifest.kind == ManifestKind::OciIndex => pulled.manifest.manifests,
            Ok(pulled) => {
                // MS3: reported, and not overwritten, since it is somebody else's.
                let kind = pulled.manifest.kind.media_type();
                self.ledger.add([Finding::new("MS3", None, format!("manifest under {tag}"), "an OCI index", kind)]);
                return Ok(());
            }
            Err(error) if error.status() == Some(StatusCode::NOT_FOUND.as_u16()) => Vec::new(),
            Err(error) => return Err(error),
        };
        if listed.iter().any(|known| known.digest == entry.digest) {
            return Ok(());
        }
        let index = listed.into_iter().chain([entry]).fold(IndexBuilder::new(Flavor::Oci), IndexBuilder::manifest);
        let index = StoredManifest::new(media_type::OCI_INDEX, index.render());
        self.put_manifest(repository, &tag, &index).await.map(|_| ())
    }
}
