//! What must never be written, and what stands in its place.
