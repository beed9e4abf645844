//! How much of the past is kept for stale reads: bounded in bytes and in number, oldest forgotten first.

use std::collections::VecDeque;

const MAX_BYTES: u64 = 64 << 20;
const MAX_COUNT: usize = 10_000;

/// One superseded state.
#[derive(Debug)]
pub(super) struct Superseded {
    pub(super) bucket: String,
    pub(super) key: String,
    pub(super) seq: u64,
    pub(super) bytes: u64,
}

/// The superseded states in the order in which they will be forgotten.
#[derive(Debug, Default)]
pub(super) struct History {
    queue: VecDeque<Superseded>,
    bytes: u64,
}

impl History {
    /// Adds one and returns those that are to be forgotten now.
    pub(super) fn push(&mut self, superseded: Superseded) -> Vec<Superseded> {
        self.bytes += superseded.bytes;
        self.queue.push_back(superseded);
        let mut out = Vec::new();
        while self.bytes > MAX_BYTES || self.queue.len() > MAX_COUNT {
            let Some(oldest) = self.queue.pop_front() else { break };
            self.bytes -= oldest.bytes;
            out.push(oldest);
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_and_number_are_bounded() {
        let mut history = History::default();
        let state = |seq, bytes| Superseded { bucket: "b".into(), key: "k".into(), seq, bytes };
        assert!(history.push(state(1, 10)).is_empty());
        let forgotten: Vec<u64> = history.push(state(2, MAX_BYTES)).iter().map(|state| state.seq).collect();
        assert_eq!(forgotten, [1]);
        for seq in 3..30_000 {
            history.push(state(seq, 0));
        }
        assert!(history.queue.len() <= MAX_COUNT);
    }
}
