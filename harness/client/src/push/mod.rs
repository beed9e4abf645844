//! Pushing: blobs in four ways, manifests, whole images; and the single requests of an upload.

mod blob;
mod image;
mod manifest;
mod recover;
mod referrers;
mod upload;

pub use blob::{Fate, PushBlob, PushMode, PushedBlob};
pub use image::{PushImage, PushedImage};
pub use manifest::PushedManifest;
pub use upload::{Mounted, Upload, UploadStatus};
