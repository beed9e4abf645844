//! Names, tags, digests and references: what parses renders the same.
#![no_main]

use libfuzzer_sys::fuzz_target;
use shakedown_oci::{Digest, Reference, RepositoryName, Tag};

fuzz_target!(|text: &str| {
    let (tag, digest) = (text.parse::<Tag>(), text.parse::<Digest>());
    let reference = text.parse::<Reference>();
    assert_eq!(reference.is_ok(), tag.is_ok() || digest.is_ok());
    let shown = [
        tag.ok().map(|tag| tag.to_string()),
        digest.ok().map(|digest| digest.to_string()),
        reference.ok().map(|reference| reference.to_string()),
        text.parse::<RepositoryName>().ok().map(|name| name.to_string()),
    ];
    assert!(shown.iter().flatten().all(|shown| shown == text));
});
