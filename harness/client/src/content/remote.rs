//! A blob in a registry as content: copying from one registry to another without keeping anything.

use std::ops::Range;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use http::StatusCode;
use http::header::RANGE;
use shakedown_oci::{ByteRange, Descriptor, RangeRequest, RepositoryName};
use shakedown_wire::Body;

use super::blob::{BlobSource, SourceError};
use crate::client::Client;
use crate::session::Hop;

/// A blob that is read from a registry when it is needed.
#[derive(Clone, Debug)]
pub struct RemoteBlob {
    client: Client,
    repository: RepositoryName,
    descriptor: Descriptor,
}

impl RemoteBlob {
    /// A blob of `repository`, as `client` sees it.
    pub fn new(client: Client, repository: RepositoryName, descriptor: Descriptor) -> Self {
        Self { client, repository, descriptor }
    }

    async fn open(&self, range: Range<u64>) -> Result<Body, SourceError> {
        let path = format!("{}/blobs/{}", self.repository, self.descriptor.digest);
        let wrong = |error: &dyn std::fmt::Display| SourceError::new(&path, error);
        let length = range.end.saturating_sub(range.start);
        if length == 0 {
            return Ok(Body::empty());
        }
        let mut hop = Hop::get(self.client.uri(&path).map_err(|error| wrong(&error))?);
        let whole = range == (0..self.descriptor.size);
        if !whole {
            let header = RangeRequest::Single(ByteRange::Closed(range.start, range.end - 1));
            hop = hop.header(RANGE, header.to_string());
        }
        let op = self.client.op();
        let answer = op.expect(hop, &[200, 206]).await.map_err(|error| wrong(&error))?;
        if !whole && answer.status() != StatusCode::PARTIAL_CONTENT {
            return Err(wrong(&"the registry does not serve ranges"));
        }
        Ok(Body::sized(length, answer.into_response().into_body().into_stream()))
    }
}

impl BlobSource for RemoteBlob {
    fn size(&self) -> u64 {
        self.descriptor.size
    }

    fn read(&self, range: Range<u64>) -> BoxFuture<'_, Result<Body, SourceError>> {
        self.open(range).boxed()
    }
}
