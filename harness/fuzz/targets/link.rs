//! `Link` of listings: what is found is found again in its text.
#![no_main]

use libfuzzer_sys::fuzz_target;
use shakedown_oci::Link;

fuzz_target!(|text: &str| {
    if let Ok(Some(link)) = Link::find_next(text)
        && text.len() < 4096
    {
        assert_eq!(Link::find_next(&link.to_string()), Ok(Some(link)));
    }
});
