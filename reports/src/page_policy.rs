//! What a page may do: its own style and script, named by their hashes. Not here: the pages (`formats/html`, `bench/html`).

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};

/// This text and no other, as a content security policy names it.
pub(crate) fn allowed(text: &str) -> String {
    format!("'sha256-{}'", STANDARD.encode(Sha256::digest(text)))
}
