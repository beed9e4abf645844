//! Deleting (DT1, DM1, DB1). Only 202 is success.

use http::{Method, StatusCode};
use shakedown_oci::{Digest, Reference, RepositoryName};

use crate::client::Client;
use crate::session::Hop;
use crate::{ClientError, Outcome};

impl Client {
    /// Deletes a tag or a manifest.
    pub async fn delete_manifest(&self, repository: &RepositoryName, reference: &Reference) -> Outcome<StatusCode> {
        self.delete(&format!("{repository}/manifests/{reference}")).await
    }

    /// Deletes a blob.
    pub async fn delete_blob(&self, repository: &RepositoryName, digest: &Digest) -> Outcome<StatusCode> {
        self.delete(&format!("{repository}/blobs/{digest}")).await
    }

    async fn delete(&self, path: &str) -> Outcome<StatusCode> {
        let op = self.op();
        let result: Result<StatusCode, ClientError> = async {
            let answer = op.expect(Hop::new(Method::DELETE, self.uri(path)?), &[202]).await?;
            let status = answer.status();
            answer.discard().await;
            Ok(status)
        }
        .await;
        op.ledger.finish(result)
    }
}
