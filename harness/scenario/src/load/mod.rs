//! From paths to checked plans: reading files, includes, variables, matrices. Not here: what a file may say (see `check`).

mod cases;
mod includes;
mod lines;
mod loader;
mod merge;
mod source;
mod vars;

pub use loader::Loader;
pub use source::{MapSource, Source, SourceError};
pub(crate) use vars::is_name;
