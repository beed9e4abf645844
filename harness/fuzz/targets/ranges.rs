//! Ranges of downloads and uploads: what is read is read again from its text, and what is served lies inside.
#![no_main]

use libfuzzer_sys::fuzz_target;
use shakedown_oci::{ContentRange, RangeRequest, ServedRange, UploadRange};

fuzz_target!(|text: &str| {
    if let Ok(range) = text.parse::<ContentRange>() {
        assert!(range.length() > 0);
        assert_eq!(range.to_string().parse(), Ok(range));
    }
    if let Ok(range) = text.parse::<UploadRange>() {
        assert_eq!(range.to_string().parse(), Ok(range));
    }
    if let Ok(range) = text.parse::<ServedRange>() {
        assert!(range.length() > 0);
        assert_eq!(range.to_string().parse(), Ok(range));
    }
    if let Ok(RangeRequest::Single(range)) = text.parse() {
        let length = text.len() as u64;
        assert!(range.resolve(length).is_ok_and(|served| served.end < length) || range.resolve(length).is_err());
    }
});
