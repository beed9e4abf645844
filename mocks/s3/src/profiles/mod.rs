//! Quirk profiles: how known stores and gateways differ from S3, as data. A profile is one YAML file beside this one and one line
//! in the list; it bundles settings of the mock and faults that always strike.
//!
//! The vendors' names say where a behaviour was seen (S3.md section 3), at that time and in that version; they are no verdict on
//! what a vendor ships today.

mod profile;

pub use profile::{Fails, Profile, Settings, profile, profiles};

macro_rules! files {
    ($($name:literal,)*) => {
        /// Name and text of every profile, in the order of their names.
        const FILES: &[(&str, &str)] = &[$(($name, include_str!(concat!($name, ".yaml")))),*];
    };
}

files! {
    "ecs-1000-mpu",
    "gateway-head-to-get",
    "gateway-html-errors",
    "gcs-no-multidelete",
    "minio-azure-empty-lmu",
    "minio-exact-prefix",
    "negative-cache",
    "no-part-copy",
    "oss-vhost-only",
    "r2-equal-parts",
    "rustfs-listparts-500",
    "rustfs-no-istruncated",
    "seaweed-lagging-list",
    "silent-copy-failure",
    "v1-no-nextmarker",
}

#[cfg(test)]
mod tests;
