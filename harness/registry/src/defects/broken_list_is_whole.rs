//! The defect `broken-list-is-whole`.

use super::Defect;
use shakedown_s3call::xml::{self, Element};

/// See its `about`.
pub(crate) const DEFECT: Defect = Defect {
    stands_for: &["B09"],
    ..Defect::new("broken-list-is-whole", "Of a listing that breaks off, the entries before the break count as all there are.")
};

/// What stands before the break.
pub(crate) fn salvage(bytes: &[u8]) -> Option<Element> {
    let text = String::from_utf8_lossy(bytes);
    let last = ["</Contents>", "</CommonPrefixes>"].iter().filter_map(|end| text.rfind(end).map(|at| at + end.len())).max()?;
    xml::parse(format!("{}</ListBucketResult>", &text[..last]).as_bytes()).ok()
}
