//! Error bodies: what is read is written and read again.
#![no_main]

use libfuzzer_sys::fuzz_target;
use shakedown_oci::ErrorBody;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(body) = ErrorBody::parse(bytes)
        && bytes.len() < 4096
    {
        assert_eq!(ErrorBody::parse(&body.render()), Ok(body));
    }
});
