//! What must always hold in an answer, checked once for every call. Checks find; they never abort. Each names its rule.

mod answer;
mod error_body;
mod leak;
mod warning;

pub use error_body::error_answer;
pub use warning::warnings;

pub(crate) use answer::{content_digest, head, location, optional_digest, same_digest, upload_range};
