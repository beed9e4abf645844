//! The defect `errors-as-pages`.

use super::{Defect, How};

/// See its `about`.
pub(crate) const DEFECT: Defect = Defect {
    breaks: &["HB1"],
    how: How::Answer(|_, answer| { if answer.status() >= 400 { answer.set("content-type", "text/html; charset=utf-8"); answer.set_bytes("<html><body><h1>Not Found</h1></body></html>"); } }),
    ..Defect::new("errors-as-pages", "Error bodies are pages for people, in HTML.")
};
