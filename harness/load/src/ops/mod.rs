//! What a load is made of: one file per kind of operation. One more is a file here and a line in the list.

mod some_blobs;

use std::time::Duration;

use futures_util::future::BoxFuture;
use rand::RngExt as _;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use shakedown_client::ClientError;

use crate::compression::Unpacked;
use crate::lab::{Draw, Lab};

pub(crate) use head_blob::HeadBlob;
pub(crate) use pull_blob::{Check, PullBlob};
pub(crate) use push_blob::{By, PushBlob};

/// What came of an operation that went well.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Done {
    /// Bytes of content moved.
    pub(crate) bytes: u64,
    /// Time to the first byte of content, where some is read.
    pub(crate) first_byte: Option<Duration>,
    /// Where content was unpacked: time until all of it had come, and what unpacking took.
    pub(crate) unpacked: Option<(Duration, Unpacked)>,
}

/// An operation at work. What happens before the future is polled is not timed.
pub(crate) type Job<'a> = BoxFuture<'a, Result<Done, ClientError>>;

/// What a push has left behind.
pub(crate) struct Left<'a> {
    /// Where: `r0/blobs/sha256:...`.
    pub(crate) name: String,
    /// Reads all of it and compares its digests.
    pub(crate) read: BoxFuture<'a, Result<(), ClientError>>,
}

/// A kind of operation, on one system.
pub(crate) trait Operation: Send + Sync {
    /// Pushes what the operation needs to be there.
    fn prepare<'a>(&'a mut self, lab: &'a Lab) -> BoxFuture<'a, Result<(), ClientError>>;

    /// The operation with this draw.
    fn job<'a>(&'a self, lab: &'a Lab, draw: Draw) -> Job<'a>;

    /// What must be readable for ever after the operation with this draw was acknowledged; nothing where it only reads.
    fn left_behind<'a>(&'a self, _: &'a Lab, _: Draw) -> Option<Left<'a>> {
        None
    }
}

macro_rules! operations {
    ($($(#[$doc:meta])* $module:ident: $variant:ident = $kind:literal),+ $(,)?) => {
        $(mod $module;)+

        /// An operation of a load.
        #[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
        #[serde(rename_all = "kebab-case")]
        pub enum OperationSpec {
            $($(#[$doc])* $variant($module::$variant)),+
        }

        impl OperationSpec {
            /// Its kind.
            pub(crate) fn kind(&self) -> &'static str {
                match self { $(Self::$variant(_) => $kind),+ }
            }

            /// How often it is done, beside the others.
            pub(crate) fn weight(&self) -> u32 {
                match self { $(Self::$variant(spec) => spec.weight),+ }
            }

            /// What is wrong with it.
            pub(crate) fn problem(&self) -> Option<String> {
                match self { $(Self::$variant(spec) => spec.problem()),+ }
            }

            fn operation(&self) -> Box<dyn Operation> {
                match self { $(Self::$variant(spec) => Box::new($module::Op::new(spec.clone()))),+ }
            }
        }
    };
}

operations! {
    /// Pushes a blob that is not there yet.
    push_blob: PushBlob = "push-blob",
    /// Pulls one of some blobs.
    pull_blob: PullBlob = "pull-blob",
    /// Asks for one of some blobs.
    head_blob: HeadBlob = "head-blob",
    /// Pushes a whole image that is not there yet.
    push_image: PushImage = "push-image",
    /// Pulls one of some images.
    pull_image: PullImage = "pull-image",
    /// Mounts a blob into a repository that has nothing yet.
    mount: Mount = "mount",
    /// Pushes a manifest with one config and one layer, both there already, to a new tag.
    push_manifest: PushManifest = "push-manifest",
    /// Pulls one of some manifests by its tag.
    pull_manifest: PullManifest = "pull-manifest",
    /// Lists the tags of a repository.
    list_tags: ListTags = "list-tags",
    /// Lists what refers to one of some manifests.
    list_referrers: ListReferrers = "list-referrers",
    /// Pulls the next of the blobs that the storage has grown: nobody has asked for it before.
    pull_grown_blob: PullGrownBlob = "pull-grown-blob",
}

/// All operations of a load on one system.
pub(crate) struct Mix {
    operations: Vec<(&'static str, u32, Box<dyn Operation>)>,
    weights: u32,
}

impl Mix {
    pub(crate) fn new(specs: &[OperationSpec]) -> Self {
        let operations: Vec<_> = specs.iter().map(|spec| (spec.kind(), spec.weight(), spec.operation())).collect();
        Self { weights: operations.iter().map(|(_, weight, _)| weight).sum(), operations }
    }

    pub(crate) async fn prepare(&mut self, lab: &Lab) -> Result<(), ClientError> {
        for (_, _, operation) in &mut self.operations {
            operation.prepare(lab).await?;
        }
        Ok(())
    }

    /// The operation that this draw chooses.
    pub(crate) fn choose(&self, draw: &mut Draw) -> (&'static str, &dyn Operation) {
        let mut at = draw.rng.random_range(0..self.weights.max(1));
        for (kind, weight, operation) in &self.operations {
            match at.checked_sub(*weight) {
                None => return (kind, &**operation),
                Some(rest) => at = rest,
            }
        }
        unreachable!("the weights add up to what was drawn from")
    }
}

/// Default of `weight`.
fn one() -> u32 {
    1
}

/// Default of `of`.
fn sixteen() -> u32 {
    16
}

/// Most things that are prepared.
const MOST: u32 = 100_000;

/// What is wrong with a number of prepared things.
fn too_many(of: u32) -> Option<String> {
    (!(1..=MOST).contains(&of)).then(|| format!("`of: {of}` must be 1 to {MOST}"))
}
