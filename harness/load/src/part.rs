//! Which part of a load is made here, where several machines make it without a word to each other. Not here: how parts are joined (`merge`).

/// A part of a load that is spread over several machines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Part {
    /// Which, from 0.
    pub index: u64,
    /// Of how many.
    pub of: u64,
}

impl Part {
    /// All of it.
    pub const WHOLE: Self = Self { index: 0, of: 1 };

    /// The number in the whole of what is number `own` in this part.
    pub(crate) fn number(self, own: u64) -> u64 {
        own * self.of + self.index
    }

    /// How many of `count` belong to this part.
    pub(crate) fn share(self, count: u64) -> u64 {
        count / self.of + u64::from(self.index < count % self.of)
    }
}
