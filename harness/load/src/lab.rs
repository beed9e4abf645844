//! Where operations work: the client, the repositories, the content, and what each operation draws from the seed.

use rand::{RngExt as _, SeedableRng};
use rand_chacha::ChaCha8Rng;
use shakedown_client::{Blob, Client, ClientError};
use shakedown_oci::RepositoryName;

use crate::compression::Compression;
use crate::content::Maker;
use crate::sizes::Sizes;

/// Numbers of contents that are prepared begin here, far beyond those of operations.
const PREPARED: u64 = 1 << 60;

/// What all operations on one system share.
pub(crate) struct Lab {
    pub(crate) client: Client,
    pub(crate) maker: Maker,
    pub(crate) namespace: String,
    pub(crate) repositories: u32,
    pub(crate) seed: u64,
    /// Tags that were in the first repository before.
    pub(crate) tags: u32,
    /// Blobs that were there before.
    pub(crate) blobs: u32,
}

/// What one operation draws: the same number gives the same on every machine and in every order.
pub(crate) struct Draw {
    /// The operation's number.
    pub(crate) number: u64,
    pub(crate) rng: ChaCha8Rng,
}

impl Draw {
    pub(crate) fn new(seed: u64, number: u64) -> Self {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        rng.set_stream(number);
        Self { number, rng }
    }

    /// One of the prepared things.
    pub(crate) fn one_of<'a, T>(&mut self, things: &'a [T]) -> &'a T {
        &things[self.rng.random_range(0..things.len())]
    }
}

impl Lab {
    /// The repository with this number; they begin again after the last.
    pub(crate) fn repository(&self, number: u64) -> RepositoryName {
        self.named(&format!("r{}", number % u64::from(self.repositories)))
    }

    /// A repository of another name.
    pub(crate) fn named(&self, name: &str) -> RepositoryName {
        format!("{}/{name}", self.namespace)
            .parse()
            .expect("the namespace was checked, and the rest is letters and digits")
    }

    /// A blob nobody has pushed yet.
    pub(crate) fn fresh(&self, draw: &mut Draw, sizes: &Sizes, compression: Compression) -> Blob {
        let size = sizes.draw(&mut draw.rng);
        self.maker.blob(compression, draw.number, size)
    }

    /// Makes blobs of one size alone cost nothing when they are drawn.
    pub(crate) async fn hash_ahead(&self, sizes: &Sizes, compression: Compression) {
        if let Some(size) = sizes.only() {
            self.maker.hash_ahead(compression, size).await;
        }
    }

    /// What is prepared under this number.
    pub(crate) fn prepared(&self, number: u64) -> Draw {
        Draw::new(self.seed, PREPARED + number)
    }

    /// Pushes blobs that operations will read.
    pub(crate) async fn push(&self, repository: &RepositoryName, blob: &Blob) -> Result<(), ClientError> {
        self.client.push_blob(repository, blob, &Default::default()).await.result.map(drop)
    }
}
