//! Every profile by its name: what it strikes and what it leaves alone, decided by the fault layer itself.

use std::time::Duration;

use http::{HeaderMap, Method};
use shakedown_faults::{Call, FaultSet, Firing, On};

use super::{FILES, profile, profiles};
use crate::config::S3Config;

const KEY: &str = "docker/registry/v2/repositories/a/b/_uploads/9ac3/data";

fn decide(name: &str, operation: &str) -> Option<Firing> {
    let headers = HeaderMap::new();
    let method = match operation {
        "HeadObject" => Method::HEAD,
        "PutObject" | "UploadPart" | "UploadPartCopy" | "CopyObject" => Method::PUT,
        "CreateMultipartUpload" | "CompleteMultipartUpload" | "DeleteObjects" => Method::POST,
        _ => Method::GET,
    };
    let call = Call {
        on: On::S3,
        operation: Some(operation),
        method: &method,
        path: "/lab",
        query: "",
        headers: &headers,
        key: KEY,
    };
    let faults = profile(name).unwrap_or_else(|| panic!("no profile {name}")).faults.clone();
    FaultSet::new(faults, 1).decide(&call, Duration::ZERO)
}

#[test]
fn profiles_strike_their_operations_and_no_others() {
    for (name, struck, effect, left_alone) in [
        ("ecs-1000-mpu", "ListMultipartUploads", "all", "ListParts"),
        ("gateway-head-to-get", "HeadObject", "request-method", "GetObject"),
        ("gcs-no-multidelete", "DeleteObjects", "answer", "DeleteObject"),
        ("minio-azure-empty-lmu", "ListMultipartUploads", "page", "CreateMultipartUpload"),
        ("minio-exact-prefix", "ListMultipartUploads", "page", "ListObjects"),
        ("negative-cache", "GetObject", "negative-cache", "ListObjects"),
        ("no-part-copy", "UploadPartCopy", "answer", "CopyObject"),
        ("rustfs-listparts-500", "ListParts", "page", "UploadPart"),
        ("rustfs-no-istruncated", "ListObjectsV2", "xml", "ListParts"),
        ("seaweed-lagging-list", "CreateMultipartUpload", "visible-after", "UploadPart"),
        ("seaweed-lagging-list", "PutObject", "visible-after", "GetObject"),
        ("silent-copy-failure", "CopyObject", "not-applied", "UploadPartCopy"),
        ("v1-no-nextmarker", "ListObjects", "xml", "ListObjectsV2"),
    ] {
        assert_eq!(decide(name, struck).map(|firing| firing.effect), Some(effect), "{name} on {struck}");
        assert_eq!(decide(name, left_alone), None, "{name} on {left_alone}");
    }
}

#[test]
fn the_gateway_replaces_errors_and_leaves_success_alone() {
    let firing = decide("gateway-html-errors", "GetObject").unwrap();
    for status in [401, 403, 404, 503] {
        let struck = firing.clone().for_status(status).unwrap();
        match struck.actions.as_slice() {
            [shakedown_faults::Action::Answer(_, answer)] => {
                assert_eq!(answer.status, status);
                assert!(answer.body.starts_with(b"<html>"));
            }
            other => panic!("{status}: {other:?}"),
        }
    }
    assert_eq!(firing.clone().for_status(200), None);
    assert_eq!(firing.for_status(206), None);
}

#[test]
fn settings_change_the_mock_and_nothing_else() {
    let configured = |name: &str| {
        let mut config = S3Config::default();
        profile(name).unwrap().settings.apply(&mut config);
        config
    };
    let usual = S3Config::default();
    assert!(!configured("oss-vhost-only").path_style && configured("oss-vhost-only").virtual_host_style);
    assert!(configured("r2-equal-parts").limits.equal_parts && !usual.limits.equal_parts);
    for profile in profiles().iter().filter(|profile| !profile.faults.is_empty()) {
        assert_eq!(configured(profile.name), usual, "{}", profile.name);
    }
}

#[test]
fn every_profile_makes_sense() {
    assert!(FILES.iter().map(|(name, _)| name).is_sorted());
    for profile in profiles() {
        let name = profile.name;
        assert!(!profile.about.is_empty() && !profile.source.is_empty() && !profile.fails.quick.is_empty(), "{name}");
        let changes = !profile.faults.is_empty() || profile.settings != super::Settings::default();
        assert!(changes, "{name} is S3 as it should be");
        for fault in &profile.faults {
            assert_eq!(fault.problems(), Vec::<String>::new(), "{name}");
            assert_eq!(fault.on, On::S3, "{name}");
        }
    }
    assert_eq!(profile("no-such-store"), None);
}
