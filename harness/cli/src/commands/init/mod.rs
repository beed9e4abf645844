//! `shakedown init`: the first files of a project: a scenario, a system file, a CI file. The files themselves are in `templates/`; one more
//! is one file there and one line here. What is there already is never touched without `--force`.

use std::fs::OpenOptions;
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

use crate::commands::bench;
use crate::exit::Exit;
use crate::output::{Failure, Output};

/// A file that can be written.
struct Template {
    /// Below the folder.
    path: &'static str,
    text: &'static str,
    /// What it is for.
    about: &'static str,
    /// What to do if another one is there already; may be empty.
    if_there: &'static str,
}

/// What every project begins with.
const FILES: &[Template] = &[
    Template {
        path: "scenarios/first.yaml",
        text: include_str!("templates/first.yaml"),
        about: "a scenario: a push while the storage stumbles",
        if_there: "",
    },
    Template {
        path: "scenarios/systems/mine.yaml",
        text: include_str!("templates/mine.yaml"),
        about: "how your registry is started; until you say so, it is the reference registry",
        if_there: "",
    },
];

/// CI services: one line each, with their files.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Ci {
    /// GitHub Actions
    Github,
    /// GitLab CI
    Gitlab,
}

impl Ci {
    fn files(self) -> &'static [Template] {
        match self {
            Self::Github => &[Template {
                path: ".github/workflows/shakedown.yml",
                text: include_str!("templates/github.yml"),
                about: "runs the scenarios on every push; set the variable SHAKEDOWN_GIT of the repository",
                if_there: "",
            }],
            Self::Gitlab => &[
                Template {
                    path: ".gitlab/shakedown.yml",
                    text: include_str!("templates/gitlab.yml"),
                    about: "a job that runs the scenarios; set the CI variable SHAKEDOWN_GIT",
                    if_there: "",
                },
                Template {
                    path: ".gitlab-ci.yml",
                    text: include_str!("templates/gitlab-ci.yml"),
                    about: "includes that job",
                    if_there: "add to it:  include: [{ local: .gitlab/shakedown.yml }]",
                },
            ],
        }
    }
}

/// Write the first files of a project: a scenario, a system file for your registry, a CI file
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  shakedown init                            scenarios/first.yaml and scenarios/systems/mine.yaml, here
  shakedown init qualification --ci github  the same in a folder, with a workflow for GitHub Actions
  shakedown init --ci github,gitlab         with files for both

What is there already is left as it is, and said; --force overwrites it. At the end stand the commands to go on with:
  shakedown check scenarios                 every mistake in scenarios and system files, with its place
  shakedown run scenarios                   on the reference registry: what a registry should do
  shakedown run scenarios --system scenarios/systems/mine.yaml
                                            on yours, once that file says how it is started
Editors complete the files with `shakedown schema scenario` and `shakedown schema system`.")]
pub struct Args {
    /// Folder to write into; made if it is not there
    #[arg(value_name = "DIR", default_value = ".")]
    dir: PathBuf,
    /// Also a file for this CI service; may be given more than once
    #[arg(long, value_enum, value_delimiter = ',', env = "SHAKEDOWN_CI")]
    ci: Vec<Ci>,
    /// Overwrite what is there
    #[arg(long)]
    force: bool,
}

/// What became of a file.
#[derive(Debug, PartialEq, Eq)]
enum Written {
    New,
    Replaced,
    /// It is left as it is.
    Other,
    /// It is there and says just that.
    Same,
}

/// Writes the files and says what to run next.
pub fn run(args: &Args, output: &Output) -> Result<Exit, Failure> {
    let files: Vec<_> = FILES.iter().chain(args.ci.iter().flat_map(|ci| ci.files())).collect();
    let width = files.iter().map(|file| file.path.len()).max().unwrap_or(0);
    let mut left = false;
    for Template { path, text, about, if_there } in files {
        let (word, note) = match write(&args.dir.join(path), text, args.force)? {
            Written::New => ("wrote", *about),
            Written::Replaced => ("replaced", *about),
            Written::Same => ("there", *about),
            Written::Other => {
                left = true;
                ("left", if if_there.is_empty() { "it is there already, with other content" } else { *if_there })
            }
        };
        output.note(&format!("{word:8}  {path:width$}  {note}"));
    }
    if left {
        output.note("what was left was not touched; --force overwrites it");
    }
    output.line(&next(&args.dir)?);
    Ok(Exit::Passed)
}

/// Writes one file; never through what is there, unless it is to be replaced.
fn write(path: &Path, text: &str, force: bool) -> Result<Written, Failure> {
    let failed = |error: std::io::Error| Failure::environment(format!("cannot write {}: {error}", path.display()));
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder).map_err(failed)?;
    }
    let mut options = OpenOptions::new();
    let (mut file, written) = match options.write(true).create_new(true).open(path) {
        Ok(file) => (file, Written::New),
        Err(error) if error.kind() != ErrorKind::AlreadyExists => return Err(failed(error)),
        Err(_) if std::fs::read(path).is_ok_and(|there| there == text.as_bytes()) => return Ok(Written::Same),
        Err(_) if !force => return Ok(Written::Other),
        Err(_) => (OpenOptions::new().write(true).truncate(true).open(path).map_err(failed)?, Written::Replaced),
    };
    file.write_all(text.as_bytes()).map_err(failed)?;
    Ok(written)
}

/// The commands to go on with; each can be run as it stands.
fn next(dir: &Path) -> Result<String, Failure> {
    let mut lines = vec!["Next:".to_owned()];
    if dir != Path::new(".") {
        lines.push(format!("  cd {}", quoted(&dir.to_string_lossy())));
    }
    lines.push("  shakedown check scenarios".to_owned());
    lines.push("  shakedown run scenarios".to_owned());
    // A child process of a system is looked for in PATH, where this program need not be.
    let binary = match shakedown_engine::find_program("shakedown") {
        Some(_) => String::new(),
        None => format!(" --var binary={}", quoted(&bench::own_program()?)),
    };
    lines.push(format!("  shakedown run scenarios --system scenarios/systems/mine.yaml{binary}"));
    Ok(lines.join("\n"))
}

/// A word as a shell takes it.
fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "/._-+=:@".contains(c);
    if word.chars().all(plain) { word.to_owned() } else { format!("'{}'", word.replace('\'', r"'\''")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_there_is_left_unless_told_otherwise() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a/b.yaml");
        assert_eq!(write(&path, "one", false).unwrap(), Written::New);
        assert_eq!(write(&path, "one", false).unwrap(), Written::Same);
        assert_eq!(write(&path, "two", false).unwrap(), Written::Other);
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "one");
        assert_eq!(write(&path, "2", true).unwrap(), Written::Replaced);
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "2");
    }

    #[test]
    fn words_are_quoted_for_a_shell() {
        assert_eq!([quoted("a/b.c"), quoted("a b"), quoted("it's")], ["a/b.c", "'a b'", r"'it'\''s'"]);
    }
}
