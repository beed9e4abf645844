//! Linearizability of one register: is there an order of the operations, each at a moment between its call and its return, in which every
//! read sees what was written last? (Herlihy and Wing 1990; the search is Wing and Gong's, with what was tried remembered.) The property is
//! local: a registry whose every tag, manifest and blob is linearizable by itself is as a whole.

use std::collections::BTreeSet;

/// What an operation does to a register that holds a value or nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    Write(usize),
    /// Whatever was there is gone; deleting twice is no mistake.
    Delete,
    /// Nothing is left of this value; another one stays.
    DeleteIf(usize),
    Read(Option<usize>),
    /// A listing: something is there, or nothing.
    IsThere(bool),
}

/// An operation on the register.
#[derive(Debug, Clone)]
pub struct Event {
    pub access: Access,
    pub called: u128,
    /// `None`: nobody knows whether it was done; it may have been at any later moment, or not.
    pub returned: Option<u128>,
    /// For people.
    pub who: String,
}

/// The value after `access`, if it fits the value before.
fn step(value: Option<usize>, access: Access) -> Option<Option<usize>> {
    match access {
        Access::Write(new) => Some(Some(new)),
        Access::Delete => Some(None),
        Access::DeleteIf(old) => Some(value.filter(|value| *value != old)),
        Access::Read(seen) => (seen == value).then_some(value),
        Access::IsThere(seen) => (seen == value.is_some()).then_some(value),
    }
}

/// True if the history can be explained, beginning with nothing.
///
/// # Panics
/// More than 128 events.
pub fn is_linearizable(events: &[Event]) -> bool {
    assert!(events.len() <= 128, "{} events", events.len());
    let required = events.iter().enumerate().filter(|(_, event)| event.returned.is_some());
    let required: u128 = required.map(|(at, _)| 1 << at).sum();
    let mut tried = BTreeSet::new();
    let mut open = vec![(0u128, None)];
    while let Some((done, value)) = open.pop() {
        if done & required == required {
            return true;
        }
        if !tried.insert((done, value)) {
            continue;
        }
        let left = || events.iter().enumerate().filter(|(at, _)| done & (1 << at) == 0);
        // Whatever returned first among those left cannot come after one that was called later.
        let first_return = left().filter_map(|(_, event)| event.returned).min().unwrap_or(u128::MAX);
        for (at, event) in left().filter(|(_, event)| event.called <= first_return) {
            if let Some(value) = step(value, event.access) {
                open.push((done | (1 << at), value));
            }
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(access: Access, called: u128, returned: impl Into<Option<u128>>) -> Event {
        Event { access, called, returned: returned.into(), who: String::new() }
    }

    #[test]
    fn what_was_acknowledged_is_seen_by_whoever_asks_later() {
        use Access::{Delete, DeleteIf, IsThere, Read, Write};
        let write = || event(Write(1), 0, 10);
        assert!(is_linearizable(&[write(), event(Read(Some(1)), 11, 12)]));
        assert!(!is_linearizable(&[write(), event(Read(None), 11, 12)]), "a lost write");
        assert!(is_linearizable(&[write(), event(Read(None), 5, 12)]), "at the same time");
        assert!(
            !is_linearizable(&[write(), event(Read(Some(1)), 1, 2), event(Read(None), 3, 4)]),
            "it was seen already"
        );
        assert!(!is_linearizable(&[write(), event(Delete, 11, 12), event(IsThere(true), 13, 14)]), "a ghost");
        assert!(is_linearizable(&[write(), event(DeleteIf(2), 11, 12), event(Read(Some(1)), 13, 14)]));
        assert!(!is_linearizable(&[write(), event(DeleteIf(2), 11, 12), event(Read(None), 13, 14)]), "another value");
        let maybe = || event(Write(2), 11, None);
        assert!(is_linearizable(&[write(), maybe(), event(Read(Some(2)), 20, 21)]));
        assert!(is_linearizable(&[write(), maybe(), event(Read(Some(1)), 20, 21)]));
        assert!(!is_linearizable(&[write(), maybe(), event(Read(Some(2)), 20, 21), event(Read(Some(1)), 22, 23)]));
    }
}
