//! What a scenario file may cost. Each limit is far above what a person writes and far below what hurts.

/// Most bytes of one file; also what a [`Source`](crate::Source) should refuse to read.
pub const FILE_BYTES: usize = 1 << 20;
/// Deepest nesting of lists and mappings.
pub(crate) const DEPTH: usize = 48;
/// Most values of one file, aliases counted as often as they are used.
pub(crate) const NODES: u64 = 50_000;
/// Most mistakes of a file that are reported.
pub(crate) const PROBLEMS: usize = 60;
/// Most files that one scenario may include, directly or through others.
pub(crate) const INCLUDES: usize = 16;
/// Most cases of a matrix.
pub(crate) const CASES: usize = 200;
/// Most bytes of a text after its variables are filled in.
pub(crate) const FILLED_BYTES: usize = 1 << 20;
