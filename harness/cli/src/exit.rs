//! Exit codes: one table, used by every command, shown by `--help`, tested one by one.

/// How the process ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Exit {
    /// Everything that was asked for held.
    Passed = 0,
    /// An expectation failed.
    Failed = 1,
    /// Usage, scenario or configuration error; nothing ran.
    Usage = 2,
    /// The environment or the target is not there.
    Environment = 3,
    /// Nothing was selected.
    Nothing = 4,
    /// Slower than before, or a goal missed.
    Regression = 5,
    /// Neither shown to hold nor to fail.
    Inconclusive = 6,
    /// Our bug.
    Internal = 70,
    /// Interrupted.
    Interrupted = 130,
}

/// The table that `--help` shows.
pub const HELP: &str = "Exit codes:
  0    passed
  1    an expectation failed
  2    usage, scenario or configuration error; nothing ran
  3    environment: target unreachable, program missing, port taken
  4    nothing selected
  5    slower than before, by more than the threshold; with bench --goals: a goal missed
  6    inconclusive
  70   a bug of shakedown; please report it
  130  interrupted";

impl From<Exit> for std::process::ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}
