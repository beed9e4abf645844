//! Allowed: `headers-in-other-order`.

use super::{Allowed, How};

/// See its `about`.
pub(crate) const ALLOWED: Allowed = Allowed {
    id: "headers-in-other-order",
    about: "Headers come in another order, with some that nobody knows among them.",
    rules: &["AP1"],
    lacks: &[],
    how: How::Answer(|_, answer| {answer.reverse_headers(); answer.set("x-served-by", "cache-7"); answer.set("strict-transport-security", "max-age=31536000"); answer.add("vary", "Accept"); answer.add("vary", "Cookie");}),
};
