//! The defect `uploads-for-ever`.

use super::{Defect, How};

/// See its `about`.
pub(crate) const DEFECT: Defect = Defect {
    breaks: &["CA4"],
    how: How::Config(|config| config.upload_expiry = std::time::Duration::from_secs(u64::from(u32::MAX))),
    ..Defect::new("uploads-for-ever", "Uploads that nobody finishes never time out.")
};
