//! The defect `challenge-without-scope`.

use super::{Defect, How};

/// See its `about`.
pub(crate) const DEFECT: Defect = Defect {
    stands_for: &["F05"],
    how: How::Answer(|_, answer| {
        answer.map("www-authenticate", |challenge| match (challenge.split_once(",scope=\""), challenge.split_once("\",error=")) {
            (Some((before, _)), Some((_, error))) => format!("{before},error={error}"),
            (Some((before, _)), None) => before.to_owned(),
            (None, _) => challenge.to_owned(),
        });
    }),
    ..Defect::new("challenge-without-scope", "The challenge does not say which scope is needed.")
};
