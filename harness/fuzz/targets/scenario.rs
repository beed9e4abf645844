//! Scenario files: every mistake can be shown.
#![no_main]

use libfuzzer_sys::fuzz_target;
use shakedown_scenario::{Loader, MapSource, render};

fuzz_target!(|text: &str| {
    let source = MapSource::default().with("fuzz.yaml", text);
    if let Err(problems) = Loader::new(&source).check("fuzz.yaml") {
        assert!(!problems.is_empty());
        render(&problems, false);
    }
});
