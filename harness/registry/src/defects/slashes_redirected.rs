//! The defect `slashes-redirected`.

use super::{Defect, How};
use crate::variant::Answer;

/// See its `about`.
pub(crate) const DEFECT: Defect = Defect {
    stands_for: &["E08"],
    how: How::Request(|asked| {
        let path = asked.path().to_owned();
        (asked.uploads() && !path.ends_with('/')).then(|| {
            let mut answer = Answer::new(301);
            answer.set("location", format!("{path}/"));
            answer
        })
    }),
    ..Defect::new("slashes-redirected", "A POST to /blobs/uploads is redirected to the path with its slash, and arrives there as a GET.")
};
