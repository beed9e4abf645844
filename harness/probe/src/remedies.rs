//! Settings of registries that make up for what a store lacks, as ready lines. One entry per setting.

use crate::profile::Profile;

/// A setting, whom it helps and when.
#[derive(Debug)]
pub(crate) struct Remedy {
    /// The probes that it makes up for.
    pub(crate) heals: &'static [&'static str],
    /// The probes that must pass for it to help.
    pub(crate) needs: &'static [&'static str],
    /// The registries that have it.
    pub(crate) profiles: &'static [Profile],
    /// The line for the configuration.
    pub(crate) line: &'static str,
    /// What it costs.
    pub(crate) note: &'static str,
}

const DISTRIBUTION: &[Profile] = &[Profile::Distribution28, Profile::Distribution3, Profile::Gitlab];
const REDIRECT: &[&str] = &["pre.get", "pre.head", "pre.range", "pre.public_host"];
const CLIENTS: &str = "clients then get every byte through the registry";
const CHECKSUMS: &[&str] = &["del.multi_crc32", "sum.unsigned_trailer", "sum.crc32_header"];

const REMEDIES: &[Remedy] = &[
    Remedy {
        heals: REDIRECT,
        needs: &[],
        profiles: DISTRIBUTION,
        line: "storage: { redirect: { disable: true } }",
        note: CLIENTS,
    },
    Remedy {
        heals: REDIRECT,
        needs: &[],
        profiles: &[Profile::Harbor],
        line: "storage_service: { redirect: { disable: true } }   # harbor.yml",
        note: CLIENTS,
    },
    Remedy {
        heals: REDIRECT,
        needs: &[],
        profiles: &[Profile::Quay],
        line: "FEATURE_PROXY_STORAGE: true",
        note: CLIENTS,
    },
    Remedy {
        heals: REDIRECT,
        needs: &[],
        profiles: &[Profile::Gitea],
        line: "SERVE_DIRECT = false   # [storage.packages]",
        note: CLIENTS,
    },
    Remedy {
        heals: &["obj.put_driver_headers", "mpu.create"],
        needs: &["obj.put_no_storageclass"],
        profiles: Profile::DRIVER,
        line: "storage: { s3: { storageclass: NONE } }",
        note: "objects get the bucket's own class",
    },
    Remedy {
        heals: &["addr.path_style"],
        needs: &["addr.virtual_host"],
        profiles: &[Profile::Distribution3, Profile::Zot, Profile::Gitlab],
        line: "storage: { s3: { forcepathstyle: false } }",
        note: "bucket names become host names: they need DNS and certificates",
    },
    Remedy {
        heals: &["mpu.unequal_parts"],
        needs: &[],
        profiles: Profile::D28,
        line: "storage: { s3: { chunksize: 104857600 } }",
        note: "it must be above the largest chunk that clients send; docker, skopeo and containerd send a layer as one",
    },
    Remedy {
        heals: &["copy.part_range"],
        needs: &["copy.object"],
        profiles: Profile::DRIVER,
        line: "storage: { s3: { multipartcopythresholdsize: 5368709120 } }",
        note: "layers above 5 GiB stay impossible",
    },
    Remedy {
        heals: CHECKSUMS,
        needs: &["del.multi_md5"],
        profiles: &[Profile::Gitlab],
        line: "storage: { s3_v2: { checksum_disabled: true } }",
        note: "since 4.40.2 it also sends Content-MD5 with DeleteObjects",
    },
    Remedy {
        heals: CHECKSUMS,
        needs: &["del.multi_md5"],
        profiles: &[Profile::Quay],
        line: "AWS_REQUEST_CHECKSUM_CALCULATION=when_required   # environment of Quay",
        note: "boto3 then sends checksums only where S3 asks for one",
    },
];

/// All of them; the first that helps is taken.
pub(crate) fn remedies() -> &'static [Remedy] {
    REMEDIES
}
