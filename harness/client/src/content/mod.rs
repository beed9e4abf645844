//! What is pushed and where pulled things go: blobs, images, and the places they come from. Always streamed.

mod archive;
mod blob;
mod file;
mod image;
mod layout;
mod remote;
mod spec;
mod synthetic;
mod target;

pub use archive::DockerArchive;
pub use blob::{Blob, BlobSource, SourceError};
pub use file::FileRange;
pub use image::{Image, ImageSummary, StoredManifest};
pub use layout::OciLayout;
pub use remote::RemoteBlob;
pub use spec::{ImageSpec, LayerSpec};
pub use synthetic::Content;
pub use target::{BlobSink, ImageTarget, SinkError};
