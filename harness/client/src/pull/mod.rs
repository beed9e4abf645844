//! Pulling: manifests, blobs, whole images. Digests and lengths are always verified (PM12, PM13, PB4, PB5).

mod blob;
mod image;
mod manifest;

pub use blob::PulledBlob;
pub use image::{PullImage, PulledImage};
pub use manifest::PulledManifest;
