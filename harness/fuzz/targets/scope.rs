//! Scopes of the token protocol: what is read is read again from its text.
#![no_main]

use libfuzzer_sys::fuzz_target;
use shakedown_oci::Scope;

fuzz_target!(|text: &str| {
    if let Ok(scopes) = Scope::parse_all(text) {
        let shown = scopes.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ");
        assert_eq!(Scope::parse_all(&shown), Ok(scopes));
    }
});
