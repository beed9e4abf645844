//! htpasswd files: no hash is in the text of a mistake or of the list.
#![no_main]

use libfuzzer_sys::fuzz_target;
use shakedown_registry::Htpasswd;

fuzz_target!(|text: &str| {
    match text.parse::<Htpasswd>() {
        Ok(users) => assert!(users.users().all(|user| !user.is_empty() && !user.contains(char::is_control))),
        Err(error) => assert!(error.line <= text.lines().count()),
    }
});
