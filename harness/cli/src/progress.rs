//! Progress of a run on standard error: a bar with the running scenarios on a terminal, plain lines elsewhere (each failure as it comes,
//! and how far the run is), with `-v` a line as each scenario begins and ends. Standard output belongs to the report.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use shakedown_engine::Event;
use shakedown_reports::{Options, ScenarioReport, Verdict, terminal};

use crate::output::Output;

/// A run of at least so many scenarios tells failures as they come and, at each tenth, how far it is, where no bar can be drawn.
const LONG: u64 = 50;

/// Failures that are told as they come; a dead target would otherwise be told for every scenario.
const MOST_FAILURES: u64 = 20;

/// Shows the events of a run as they come.
pub struct Progress<'a> {
    output: &'a Output,
    bar: ProgressBar,
    running: Mutex<Vec<String>>,
    failed: AtomicU64,
}

impl<'a> Progress<'a> {
    /// A bar on standard error if that is a terminal.
    pub fn new(output: &'a Output) -> Self {
        let target = if output.progress { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
        // The bar gives way to the names on a narrow terminal.
        let template =
            if output.width < 80 { "{pos}/{len} {wide_msg}" } else { "{bar:30} {pos}/{len} {elapsed} {wide_msg}" };
        let bars = if output.unicode { "█▉▊▋▌▍▎▏ " } else { "=> " };
        let style = ProgressStyle::with_template(template).expect("the template is valid").progress_chars(bars);
        let bar = ProgressBar::with_draw_target(None, target).with_style(style);
        bar.enable_steady_tick(Duration::from_millis(200));
        Self { output, bar, running: Mutex::default(), failed: AtomicU64::new(0) }
    }

    /// Takes one event.
    pub fn show(&self, event: Event) {
        match event {
            Event::RunStarted { total, .. } => self.bar.set_length(total as u64),
            Event::ScenarioStarted { id } => {
                if self.output.verbose > 0 {
                    self.bar.suspend(|| self.output.note(&format!("running  {id}")));
                }
                self.update(|running| running.push(id));
            }
            Event::ScenarioFinished { report } => {
                self.update(|running| running.retain(|id| *id != report.id));
                self.bar.inc(1);
                self.told(&report);
            }
            Event::RunFinished { .. } => self.bar.finish_and_clear(),
            Event::StepFinished { .. } => {}
        }
    }

    /// The line of a scenario that is over, where it is wanted, and how far the run is.
    fn told(&self, report: &ScenarioReport) {
        let failed = matches!(report.verdict, Verdict::Failed | Verdict::Error);
        let failures = self.failed.fetch_add(u64::from(failed), Ordering::Relaxed) + u64::from(failed);
        let (done, all) = (self.bar.position(), self.bar.length().unwrap_or(0));
        let in_lines = all >= LONG && !self.output.progress;
        if self.output.verbose > 0 || failed && in_lines && failures <= MOST_FAILURES {
            let mut line = String::new();
            terminal::line(report, &options(self.output), &mut line).expect("a String takes every text");
            self.bar.suspend(|| self.output.note(line.trim_end()));
        }
        let tenth = |done: u64| done * 10 / all.max(1);
        if in_lines && tenth(done) > tenth(done.saturating_sub(1)) {
            self.output.note(&format!("{done} of {all}, {failures} failed"));
        }
    }

    fn update(&self, change: impl FnOnce(&mut Vec<String>)) {
        let mut running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        change(&mut running);
        self.bar.set_message(running.join(" "));
    }
}

/// How reports are laid out on this terminal.
pub fn options(output: &Output) -> Options {
    Options { color: output.color, unicode: output.unicode, width: output.width }
}

/// What long work is at, on one line of a terminal's standard error.
pub struct Spinner(ProgressBar);

impl Spinner {
    /// Shown only on a terminal.
    pub fn new(output: &Output) -> Self {
        let target = if output.progress { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
        let bar = ProgressBar::with_draw_target(None, target);
        bar.set_style(ProgressStyle::with_template("{spinner} {elapsed} {wide_msg}").expect("the template is valid"));
        Self(bar)
    }

    /// Says where the work is now.
    pub fn say(&self, text: &str) {
        self.0.set_message(text.to_owned());
        self.0.tick();
    }
}

impl Drop for Spinner {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}
