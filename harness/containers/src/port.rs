//! Ports of loopback for programs that must be told theirs: which is free, and whether one was taken before the program had it.
//!
//! Between the choice and the start a port is nobody's. The kernel gives ports of its ephemeral range to every connection and to
//! every socket that asks for any, so ours are from below that range, one after the other; who finds it taken all the same starts
//! again with the next ([`Starts`]).
//!
//! Not here: servers of our own, which bind port 0 and keep it.

use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

/// The first port that may be chosen: below are the well-known services and what people choose by hand.
const FIRST: u32 = 10_240;
/// So many ports are looked at before the kernel is asked for any.
const LOOKS: usize = 64;
/// So many starts, each on a port of its own.
const STARTS: usize = 3;
/// Processes that start one after the other begin so many ports apart.
const APART: u32 = 211;

/// A port of 127.0.0.1 that is free now and that this process has not chosen before.
///
/// # Errors
/// Those of the operating system, when no port at all is free.
pub fn free() -> io::Result<SocketAddr> {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let room = first_ephemeral().saturating_sub(FIRST);
    let chosen = (0..LOOKS).take_while(|_| room > 0).find_map(|_| {
        let count = std::process::id().wrapping_mul(APART).wrapping_add(NEXT.fetch_add(1, Ordering::Relaxed));
        let port = u16::try_from(FIRST + count % room).ok()?;
        TcpListener::bind((Ipv4Addr::LOCALHOST, port)).ok()
    });
    chosen.map_or_else(|| TcpListener::bind((Ipv4Addr::LOCALHOST, 0)), Ok)?.local_addr()
}

/// Where the ephemeral range of this machine begins (ip(7), `ip_local_port_range`); zero where nothing tells it.
fn first_ephemeral() -> u32 {
    static FIRST_OF_THEM: OnceLock<u32> = OnceLock::new();
    *FIRST_OF_THEM.get_or_init(|| {
        let range = std::fs::read_to_string("/proc/sys/net/ipv4/ip_local_port_range").unwrap_or_default();
        range.split_whitespace().next().and_then(|first| first.parse().ok()).unwrap_or(0)
    })
}

/// Counts the starts of one program.
#[derive(Debug, Default)]
pub struct Starts(usize);

impl Starts {
    /// Whether to start again with another port, after a start that ended with these words.
    pub fn again(&mut self, said: &str) -> bool {
        self.0 += 1;
        self.0 < STARTS && is_taken(said)
    }
}

/// Whether the words are of a program whose port somebody else has. Go says it in small letters, what asks `strerror` with a
/// capital, Node by its name; an engine has words of its own.
fn is_taken(said: &str) -> bool {
    let said = said.to_ascii_lowercase();
    ["address already in use", "eaddrinuse", "port is already allocated"].iter().any(|words| said.contains(words))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_port_is_chosen_twice_and_the_kernel_gives_none_of_them_to_connections() {
        let chosen: Vec<_> = (0..100).map(|_| free().unwrap().port()).collect();
        let mut each = chosen.clone();
        each.sort_unstable();
        each.dedup();
        assert_eq!(each.len(), chosen.len(), "{chosen:?}");
        let first = first_ephemeral();
        assert!(first <= FIRST || chosen.iter().all(|port| u32::from(*port) < first), "{chosen:?}");
    }

    #[test]
    fn a_port_that_somebody_has_is_not_chosen() {
        let all: Vec<_> = (0..50).map(|_| TcpListener::bind(free().unwrap())).collect();
        assert!(all.iter().all(Result::is_ok), "{all:?}");
    }

    /// The words of a registry in Go, of one in Rust, of Redis, of Node, and of Docker.
    #[test]
    fn a_taken_port_is_known_by_what_programs_say_and_three_starts_are_enough() {
        for said in [
            "listen tcp 127.0.0.1:5000: bind: address already in use",
            "error: cannot listen on 127.0.0.1:45657: Address already in use (os error 98)",
            "# Warning: Could not create server TCP listening socket 127.0.0.1:6379: bind: Address already in use",
            "Error: listen EADDRINUSE: address 127.0.0.1:5000",
            "Bind for 127.0.0.1:5000 failed: port is already allocated",
        ] {
            let mut starts = Starts::default();
            assert_eq!([(); 3].map(|()| starts.again(said)), [true, true, false], "{said}");
        }
        assert!(!Starts::default().again("it ended at once (exit status: 3)"));
    }
}
