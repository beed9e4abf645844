//! The defect `link-without-brackets`.

use super::{Defect, How};

/// See its `about`.
pub(crate) const DEFECT: Defect = Defect {
    breaks: &["TL5", "RL12"],
    how: How::Answer(|asked, answer| {if asked.tags() || asked.referrers().is_some() { answer.map("link", |link| link.split(['<', '>']).nth(1).unwrap_or_default().to_owned()); }}),
    ..Defect::new("link-without-brackets", "The Link to the next page is a bare address.")
};
