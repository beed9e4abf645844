//! From text to typed values without losing a position: YAML text -> [`tree`] -> serde types, with every mistake collected.
//!
//! serde stops at the first mistake. Here the tree is kept, the value that failed is taken out of it, and the rest is read again
//! until nothing fails ([`shape`]), so that one run names all of them.

mod access;
mod build;
mod de;
mod fail;
pub(crate) mod limits;
pub(crate) mod shape;
pub(crate) mod tree;

pub(crate) use build::parse;
pub(crate) use fail::nearest;
