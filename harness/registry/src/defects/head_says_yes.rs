//! The defect `head-says-yes`.

use shakedown_oci::Digest;

use super::{Defect, How};

/// See its `about`.
pub(crate) const DEFECT: Defect = Defect {
    breaks: &["EX4"],
    how: How::Answer(|asked, answer| {if asked.is_head() && answer.status() == 404 { answer.set_status(200); answer.set("docker-content-digest", Digest::of(b"")); }}),
    ..Defect::new("head-says-yes", "HEAD is answered 200 whatever it asks for, so clients skip the upload.")
};
