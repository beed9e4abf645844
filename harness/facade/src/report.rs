//! What came of a run, to assert on. Not here: the model and how it is told (`shakedown-reports`).

use std::fmt;
use std::path::Path;

use shakedown_engine::Ending;
use shakedown_reports::{Format, Options, ScenarioReport, Totals, Verdict};

use crate::Error;

/// The parts of a report.
pub mod model {
    pub use shakedown_reports::{
        Blame, Call, Cause, Check, Party, Report, RunInfo, ScenarioReport, StepReport, Totals, Verdict,
    };
}

/// What came of a run.
#[derive(Debug, Clone, PartialEq)]
pub struct Report {
    model: shakedown_reports::Report,
    ending: Ending,
}

impl Report {
    pub(crate) fn new(model: shakedown_reports::Report, ending: Ending) -> Self {
        Self { model, ending }
    }

    /// Panics unless the run passed, with the whole report: what failed, both sides of every call, who is to blame, and the command that
    /// repeats it. A run in which everything was skipped has shown nothing and does not pass.
    ///
    /// # Panics
    /// It did not pass.
    #[track_caller]
    pub fn assert_passed(&self) {
        if let Some(why) = self.why() {
            let thread = std::thread::current();
            let name = thread.name().filter(|name| *name != "main");
            let again = name.map(|name| format!("\nthe test again: cargo test {name} -- --exact")).unwrap_or_default();
            panic!("{why}\n\n{self}{again}");
        }
    }

    /// True if all expectations held and something was looked at.
    pub fn passed(&self) -> bool {
        self.ending == Ending::Passed
    }

    /// Every scenario that was run, in the order of ids.
    pub fn scenarios(&self) -> &[ScenarioReport] {
        &self.model.scenarios
    }

    /// The verdict of one scenario; none if it was not among them.
    pub fn verdict(&self, id: &str) -> Option<Verdict> {
        self.scenarios().iter().find(|scenario| scenario.id == id).map(|scenario| scenario.verdict)
    }

    /// Scenarios by verdict.
    pub fn totals(&self) -> Totals {
        self.model.totals
    }

    /// All of it (schema: `shakedown.report/v1`).
    pub fn model(&self) -> &shakedown_reports::Report {
        &self.model
    }

    /// Writes it in one of the formats of `shakedown list --formats`: `html`, `json`, `junit`, ...
    ///
    /// # Errors
    /// There is no such format, or the file cannot be written.
    pub fn write(&self, format: &str, path: impl AsRef<Path>) -> Result<(), Error> {
        let unknown =
            || Error::Mistake(format!("there is no format `{format}`; `shakedown list --formats` shows them"));
        let text = Format::named(format).ok_or_else(unknown)?.text(&self.model, &Options::default());
        let path = path.as_ref();
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
        let written = folder.map_or(Ok(()), std::fs::create_dir_all).and_then(|()| std::fs::write(path, text));
        written.map_err(|error| Error::Environment(format!("cannot write {}: {error}", path.display())))
    }

    /// Why it did not pass, in one line.
    fn why(&self) -> Option<String> {
        let run = &self.model.run;
        let line = format!("on {}: {}", run.system, self.model.totals.line());
        Some(match &self.ending {
            Ending::Passed => return None,
            Ending::Failed => line,
            Ending::Environment(reason) => format!("{line}; {reason}"),
            Ending::NothingSelected => "nothing was selected".to_owned(),
            Ending::Inconclusive => format!("{line}; nothing was shown either way"),
            Ending::OurBug(what) => format!("a bug of shakedown, please report it: {what}"),
            Ending::Interrupted => format!("{line}; interrupted"),
        })
    }
}

/// As `shakedown run` prints it.
impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let format = Format::named("terminal").expect("a built-in format");
        (format.render)(&self.model, &Options::default(), f)
    }
}
