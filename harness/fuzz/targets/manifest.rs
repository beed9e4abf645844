//! Manifests: what is taken is a JSON object of schema version 2.
#![no_main]

use libfuzzer_sys::fuzz_target;
use shakedown_oci::Manifest;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(manifest) = Manifest::parse(bytes, None) {
        assert!(bytes.trim_ascii_start().starts_with(b"{"));
        assert_eq!(manifest.config.is_none(), manifest.kind.is_index());
    }
});
