//! The defect `repository-of-token-ignored`.

use super::Defect;

/// See its `about`.
pub(crate) const DEFECT: Defect = Defect {
    stands_for: &["F05"],
    ..Defect::new("repository-of-token-ignored", "The actions of a token count, not the repository that it names.")
};
