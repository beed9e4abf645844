//! Standard output and error: colours, quiet and verbose, closed pipes. Everything printed goes through here.

use std::io::{IsTerminal, Write};

use crate::exit::Exit;

/// When to use colours.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum ColorChoice {
    /// On a terminal, unless NO_COLOR is set.
    #[default]
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// Why a command ended early: what to say, and the exit code.
#[derive(Debug)]
pub struct Failure {
    /// What happened and what to do next.
    pub message: String,
    /// How the process ends.
    pub exit: Exit,
}

impl Failure {
    /// A usage, scenario or configuration error.
    pub fn usage(message: impl Into<String>) -> Self {
        Self { message: message.into(), exit: Exit::Usage }
    }

    /// Something outside is not there.
    pub fn environment(message: impl Into<String>) -> Self {
        Self { message: message.into(), exit: Exit::Environment }
    }
}

/// The two streams and how to use them.
#[derive(Debug, Clone)]
pub struct Output {
    /// Colours on standard output.
    pub color: bool,
    /// Only failures and the last line.
    pub quiet: bool,
    /// How much more.
    pub verbose: u8,
    /// Characters beyond ASCII may be used.
    pub unicode: bool,
    /// Width of the terminal, or 120.
    pub width: usize,
    /// Standard error is a terminal: progress may be drawn.
    pub progress: bool,
}

impl Output {
    /// Looks at the environment and at the streams once.
    pub fn new(choice: ColorChoice, quiet: bool, verbose: u8) -> Self {
        let set = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
        let color = match choice {
            ColorChoice::Always => true,
            ColorChoice::Never => false,
            ColorChoice::Auto => std::io::stdout().is_terminal() && !set("NO_COLOR"),
        };
        let locale =
            ["LC_ALL", "LC_CTYPE", "LANG"].iter().find_map(|name| std::env::var(name).ok().filter(|v| !v.is_empty()));
        let unicode = locale.is_some_and(|locale| locale.to_ascii_lowercase().replace('-', "").contains("utf8"));
        let columns = std::env::var("COLUMNS").ok().and_then(|columns| columns.parse().ok());
        let width = columns.or_else(terminal_width).unwrap_or(120).clamp(40, 200);
        let progress = std::io::stderr().is_terminal() && !quiet && !set("CI");
        Self { color, quiet, verbose, unicode, width, progress }
    }

    /// Sends what the parties log to standard error: warnings with `-v`, everything with `-vv`, or as `SHAKEDOWN_LOG` says.
    pub fn start_logging(&self) {
        let level = match self.verbose {
            0 => "off",
            1 => "shakedown=info",
            _ => "shakedown=debug",
        };
        let filter = tracing_subscriber::EnvFilter::try_from_env("SHAKEDOWN_LOG").unwrap_or_else(|_| level.into());
        let _ = tracing_subscriber::fmt()
            .with_env_filter(filter)
            .with_writer(std::io::stderr)
            .with_ansi(self.color)
            .try_init();
    }

    /// Prints text to standard output. A closed pipe ends the process quietly, as other tools do.
    pub fn print(&self, text: &str) {
        let mut stdout = std::io::stdout().lock();
        if stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()).is_err() {
            std::process::exit(Exit::Passed as i32);
        }
    }

    /// Prints a line to standard output.
    pub fn line(&self, text: &str) {
        self.print(&format!("{text}\n"));
    }

    /// Prints an error to standard error.
    pub fn error(&self, message: &str) {
        let _ = writeln!(std::io::stderr(), "error: {message}");
    }

    /// Prints a line to standard error, unless quiet.
    pub fn note(&self, message: &str) {
        if !self.quiet {
            let _ = writeln!(std::io::stderr(), "{message}");
        }
    }
}

fn terminal_width() -> Option<usize> {
    rustix::termios::tcgetwinsize(std::io::stdout())
        .ok()
        .map(|size| usize::from(size.ws_col))
        .filter(|&columns| columns > 0)
}
