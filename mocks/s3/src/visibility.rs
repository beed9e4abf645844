//! What a read sees: versions of one thing, and which of them a view shows. Here late, stale and past states are decided;
//! the store only keeps them.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use shakedown_faults::{Until, View};

/// When and how something was written.
#[derive(Debug, Default)]
pub(crate) struct Stamp {
    /// Position in the order of all writes of this store.
    pub(crate) seq: u64,
    /// Run time.
    pub(crate) at: Duration,
    /// The views that do not see it yet.
    pub(crate) hides: Vec<Hide>,
}

/// One view that is late.
#[derive(Debug)]
pub(crate) struct Hide {
    view: View,
    until: Late,
}

#[derive(Debug)]
enum Late {
    At(Duration),
    Looks(AtomicU64),
    Never,
}

impl Hide {
    /// Starts at `now`.
    pub(crate) fn new(view: View, until: Until, now: Duration) -> Self {
        let until = match until {
            Until::Elapsed(span) => Late::At(now.saturating_add(span)),
            Until::Looks(count) => Late::Looks(AtomicU64::new(count)),
            Until::Never => Late::Never,
        };
        Self { view, until }
    }

    /// True if it is about listings of uploads.
    pub(crate) fn is_of_uploads(&self) -> bool {
        self.view == View::Uploads
    }

    /// True while it hides; a counted look brings the end nearer.
    fn holds(&self, now: Duration, counts: bool) -> bool {
        match &self.until {
            Late::At(end) => now < *end,
            Late::Never => true,
            Late::Looks(left) if counts => {
                left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1)).is_ok()
            }
            Late::Looks(left) => left.load(Ordering::Relaxed) > 0,
        }
    }
}

/// One read: which view, when, and how stale.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Lens {
    pub(crate) view: View,
    pub(crate) now: Duration,
    /// The last write is not seen if it is younger than this.
    pub(crate) younger_than: Option<Duration>,
    /// Writes after this position are not seen.
    pub(crate) as_of: Option<u64>,
    /// Whether this look counts for [`Until::Looks`].
    pub(crate) counts: bool,
}

impl Lens {
    /// The same look, not counted.
    pub(crate) fn peek(self) -> Self {
        Self { counts: false, ..self }
    }
}

/// The states of one thing, oldest first. `None` is its absence (a delete).
#[derive(Debug)]
pub(crate) struct Versions<T>(Vec<Version<T>>);

impl<T> Default for Versions<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

#[derive(Debug)]
struct Version<T> {
    stamp: Stamp,
    value: Option<Arc<T>>,
}

impl<T> Versions<T> {
    /// Adds the newest state and drops what no read can see any more, but for the state right before it.
    /// Returns the position of that superseded state.
    pub(crate) fn push(&mut self, stamp: Stamp, value: Option<Arc<T>>) -> Option<u64> {
        let (now, superseded) = (stamp.at, self.0.last().map(|last| last.stamp.seq));
        if self.0.is_empty() {
            // Most things are written once; room for four, which is what a first push makes, is most of what a small object takes.
            self.0.reserve_exact(1);
        }
        self.0.push(Version { stamp, value });
        let settled = |version: &Version<T>| !version.stamp.hides.iter().any(|hide| hide.holds(now, false));
        let base = self.0.iter().rposition(settled).unwrap_or(0);
        let keep = base.min(self.0.len() - 1).saturating_sub(1);
        self.0.drain(..keep);
        superseded
    }

    /// The newest state, whatever is hidden.
    pub(crate) fn latest(&self) -> Option<&Arc<T>> {
        self.0.last()?.value.as_ref()
    }

    /// Any state that has a value, the newest first.
    pub(crate) fn any(&self) -> Option<&Arc<T>> {
        self.0.iter().rev().find_map(|version| version.value.as_ref())
    }

    /// True if some view may not see the newest state yet.
    pub(crate) fn hides_newest(&self) -> bool {
        self.0.last().is_some_and(|version| !version.stamp.hides.is_empty())
    }

    /// What a read sees.
    pub(crate) fn look(&self, lens: &Lens) -> Option<&Arc<T>> {
        let newest = self.0.len().checked_sub(1)?;
        for (index, version) in self.0.iter().enumerate().rev() {
            let stamp = &version.stamp;
            let stale = index == newest && lens.younger_than.is_some_and(|age| lens.now.saturating_sub(stamp.at) < age);
            if stale || lens.as_of.is_some_and(|seq| stamp.seq > seq) {
                continue;
            }
            let hidden = stamp.hides.iter().any(|hide| hide.view == lens.view && hide.holds(lens.now, lens.counts));
            if !hidden {
                return version.value.as_ref();
            }
        }
        None
    }

    /// Forgets the superseded state at that position. True if nothing worth keeping is left.
    pub(crate) fn forget(&mut self, seq: u64) -> bool {
        let newest = self.0.len().saturating_sub(1);
        let mut index = 0;
        self.0.retain(|version| {
            let keep = index == newest || version.stamp.seq != seq;
            index += 1;
            keep
        });
        self.0.iter().all(|version| version.value.is_none() && version.stamp.hides.is_empty())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const S: Duration = Duration::from_secs(1);

    fn lens(view: View, seconds: u32) -> Lens {
        Lens { view, now: S * seconds, younger_than: None, as_of: None, counts: true }
    }

    fn stamp(seq: u64, hides: &[(View, Until)]) -> Stamp {
        let at = S * u32::try_from(seq).unwrap();
        Stamp { seq, at, hides: hides.iter().map(|(view, until)| Hide::new(*view, *until, at)).collect() }
    }

    fn seen(versions: &Versions<u32>, lens: Lens) -> Option<u32> {
        versions.look(&lens).map(|value| **value)
    }

    #[test]
    fn time_ends_a_hide_and_other_views_see_at_once() {
        let mut versions = Versions::default();
        versions.push(stamp(1, &[(View::Objects, Until::Elapsed(S * 2))]), Some(Arc::new(7)));
        assert_eq!(seen(&versions, lens(View::Object, 1)), Some(7));
        assert_eq!(seen(&versions, lens(View::Objects, 2)), None);
        assert_eq!(seen(&versions, lens(View::Objects, 3)), Some(7));
    }

    #[test]
    fn looks_are_counted_per_look_that_would_have_shown_it() {
        let mut versions = Versions::default();
        versions.push(stamp(1, &[(View::Uploads, Until::Looks(2))]), Some(Arc::new(7)));
        assert_eq!(seen(&versions, lens(View::Uploads, 1).peek()), None);
        assert_eq!(seen(&versions, lens(View::Uploads, 1)), None);
        assert_eq!(seen(&versions, lens(View::Uploads, 1)), None);
        assert_eq!(seen(&versions, lens(View::Uploads, 1)), Some(7));
    }

    #[test]
    fn a_hidden_overwrite_shows_the_version_before_and_a_hidden_delete_a_ghost() {
        let mut versions = Versions::default();
        versions.push(stamp(1, &[]), Some(Arc::new(1)));
        versions.push(stamp(2, &[(View::Object, Until::Never)]), Some(Arc::new(2)));
        versions.push(stamp(3, &[(View::Object, Until::Elapsed(S * 5))]), None);
        assert_eq!(seen(&versions, lens(View::Object, 4)), Some(1));
        assert_eq!(seen(&versions, lens(View::Objects, 4)), None);
        assert_eq!(seen(&versions, lens(View::Object, 8)), None);
        assert_eq!(versions.latest(), None);
    }

    #[test]
    fn stale_and_past_reads_see_what_stood_before() {
        let mut versions = Versions::default();
        versions.push(stamp(1, &[]), Some(Arc::new(1)));
        versions.push(stamp(2, &[]), Some(Arc::new(2)));
        let stale = |seconds| Lens { younger_than: Some(S * 3), ..lens(View::Object, seconds) };
        assert_eq!(seen(&versions, stale(4)), Some(1));
        assert_eq!(seen(&versions, stale(5)), Some(2));
        assert_eq!(seen(&versions, Lens { as_of: Some(1), ..lens(View::Object, 9) }), Some(1));
        assert!(!versions.forget(1));
        assert_eq!(seen(&versions, stale(4)), None);
    }

    #[test]
    fn only_what_can_be_seen_is_kept() {
        let mut versions = Versions::default();
        for seq in 1..100 {
            versions.push(stamp(seq, &[]), Some(Arc::new(0)));
        }
        assert_eq!(versions.0.len(), 2);
        assert_eq!(versions.push(stamp(100, &[]), None), Some(99));
        assert!(versions.forget(99), "a bare tombstone is worth nothing");
    }
}
