//! Key sets of token servers (JWKS).
#![no_main]

use libfuzzer_sys::fuzz_target;
use shakedown_registry::KeySet;

fuzz_target!(|text: &str| {
    let _ = KeySet::from_json(text).map(|keys| format!("{keys:?}"));
});
