//! `WWW-Authenticate`: what is read is read again from its text.
#![no_main]

use libfuzzer_sys::fuzz_target;
use shakedown_oci::Challenge;

fuzz_target!(|text: &str| {
    if let Ok(challenges) = Challenge::parse_all(text) {
        let shown = challenges.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
        // Quotes and backslashes grow when they are escaped, perhaps beyond the limit.
        if text.len() < 4096 {
            assert_eq!(Challenge::parse_all(&shown), Ok(challenges));
        }
    }
});
