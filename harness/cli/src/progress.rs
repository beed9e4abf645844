//! Progress of a run on standard error: a bar with the running scenarios on a terminal, with `-v` a line as each begins and ends.
//! Standard output belongs to the report.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use shakedown_engine::Event;
use shakedown_reports::{Options, terminal};

use crate::output::Output;

/// Shows the events of a run as they come.
pub struct Progress<'a> {
    output: &'a Output,
    bar: ProgressBar,
    running: Mutex<Vec<String>>,
}

impl<'a> Progress<'a> {
    /// A bar on standard error if that is a terminal.
    pub fn new(output: &'a Output) -> Self {
        let target = if output.progress { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
        let style =
            ProgressStyle::with_template("{bar:30} {pos}/{len} {elapsed} {wide_msg}").expect("the template is valid");
        let bar = ProgressBar::with_draw_target(None, target).with_style(style);
        bar.enable_steady_tick(Duration::from_millis(200));
        Self { output, bar, running: Mutex::default() }
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
                if self.output.verbose > 0 {
                    let mut line = String::new();
                    terminal::line(&report, &options(self.output), &mut line).expect("a String takes every text");
                    self.bar.suspend(|| self.output.note(line.trim_end()));
                }
            }
            Event::RunFinished { .. } => self.bar.finish_and_clear(),
            Event::StepFinished { .. } => {}
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
