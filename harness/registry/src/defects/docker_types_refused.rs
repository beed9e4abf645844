//! The defect `docker-types-refused`.

use http::header;

use super::{Defect, How};
use crate::variant::Answer;

/// See its `about`.
pub(crate) const DEFECT: Defect = Defect {
    breaks: &["PM8"],
    how: How::Request(|asked| {let docker = asked.header(header::CONTENT_TYPE).is_some_and(|value| value.contains("vnd.docker."));
 (docker && asked.manifest().is_some() && asked.is_put()).then(|| Answer::refusal(400, "MANIFEST_INVALID"))}),
    ..Defect::new("docker-types-refused", "Manifests of Docker's media types are refused.")
};
