//! What is no operation of a client at all: random requests (`requests`) and random bytes (`sockets`). A binary of its own, because it watches
//! the memory of its process. Not here: what requests that mean something come to (the tests `registry` and `model`).

#[path = "../model/content.rs"]
#[allow(dead_code, reason = "shared with the other test binary")]
mod content;
mod memory;
#[path = "../model/ops.rs"]
#[allow(dead_code, reason = "shared with the other test binary")]
mod ops;
mod requests;
#[path = "../model/search.rs"]
#[allow(dead_code, reason = "shared with the other test binary")]
mod search;
mod sockets;
#[path = "../registry/support.rs"]
#[allow(dead_code, reason = "shared with the other test binaries")]
mod support;
