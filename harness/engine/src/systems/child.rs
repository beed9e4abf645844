//! A child process that never outlives us: it is ended when its guard is dropped and also when we are killed ourselves.
//! Not here: what it is for (`process`).

use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use shakedown_wire::Clock;
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncWriteExt, BufReader};
use tokio::process::{ChildStdin, Command};
use tokio::task::JoinHandle;

/// Starts its arguments, passes on the signals named on its standard input, and kills them when that input ends. The input is a
/// pipe that only we hold, so the system closes it whatever way we end, SIGKILL included.
/// It ends last of all, so that its control groups are empty then.
/// Before that it enters the control groups whose `cgroup.procs` stand in the first argument, one a line: its child is in them, too.
const KEEPER: &str = r#"
exec 3<&0 </dev/null
groups=$1
shift
IFS='
'
for group in $groups; do echo $$ >"$group" || exit 125; done
unset IFS
"$@" 3<&- &
child=$!
{ while read -r signal; do kill -"$signal" "$child"; done; kill -KILL "$child"; } <&3 >/dev/null 2>&1 &
keeper=$!
exec 3<&-
wait "$child" 2>/dev/null
status=$?
kill "$keeper" 2>/dev/null
wait "$keeper" 2>/dev/null
exit "$status"
"#;

/// Lines kept of a process; more is thrown away, the first ones stay.
const LINES_LIMIT: usize = 20_000;
/// Bytes kept of one line.
const LINE_LIMIT: usize = 8_192;
/// How long a process that has ended may leave its output open: children of its own may hold it.
const READ_OUT_WITHIN: Duration = Duration::from_secs(2);

/// A line with the time at which it was read, microseconds of run time.
pub(crate) type Line = (Option<u64>, String);

/// What a process printed.
#[derive(Debug, Clone, Default)]
pub(crate) struct Log(Arc<Mutex<Vec<Line>>>);

impl Log {
    /// All lines so far.
    pub(crate) fn lines(&self) -> Vec<Line> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The last lines in one text, for messages.
    pub(crate) fn tail(&self, count: usize) -> String {
        let lines = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let from = lines.len().saturating_sub(count);
        lines[from..].iter().map(|(_, line)| line.as_str()).collect::<Vec<_>>().join(" | ")
    }

    pub(super) fn add(&self, at: Option<u64>, line: String) {
        let mut lines = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if lines.len() < LINES_LIMIT {
            lines.push((at, without_colours(line)));
        }
    }

    /// Reads a stream to its end in the background.
    fn follow(&self, stream: impl AsyncRead + Send + Unpin + 'static, clock: Clock) -> JoinHandle<()> {
        let log = self.clone();
        tokio::spawn(async move {
            let mut reader = BufReader::new(stream);
            let mut line = Vec::new();
            while let Ok(true) = next_line(&mut reader, &mut line).await {
                let at = u64::try_from(clock.elapsed().as_micros()).ok();
                log.add(at, String::from_utf8_lossy(&line).trim_end().to_owned());
            }
        })
    }
}

/// The line without the sequences that colour a terminal (ECMA-48, CSI): where it is shown, they would colour ours.
fn without_colours(line: String) -> String {
    if !line.contains('\u{1b}') {
        return line;
    }
    let mut plain = String::with_capacity(line.len());
    let mut chars = line.chars().peekable();
    while let Some(c) = chars.next() {
        if c != '\u{1b}' {
            plain.push(c);
        } else if chars.next_if_eq(&'[').is_some() {
            // Parameters, then one final character.
            while chars.next().is_some_and(|c| !('@'..='~').contains(&c)) {}
        }
    }
    plain
}

/// Reads one line into `line`, keeping at most [`LINE_LIMIT`] bytes of it; false at the end.
async fn next_line(reader: &mut (impl AsyncBufReadExt + Unpin), line: &mut Vec<u8>) -> std::io::Result<bool> {
    line.clear();
    let mut some = false;
    loop {
        let chunk = reader.fill_buf().await?;
        if chunk.is_empty() {
            return Ok(some);
        }
        some = true;
        let end = chunk.iter().position(|byte| *byte == b'\n');
        let used = end.map_or(chunk.len(), |at| at + 1);
        let room = LINE_LIMIT.saturating_sub(line.len());
        line.extend_from_slice(&chunk[..used.min(room)]);
        reader.consume(used);
        if end.is_some() {
            return Ok(true);
        }
    }
}

/// What is started.
#[derive(Debug, Clone)]
pub(crate) struct Launch {
    /// The program, absolute.
    pub(crate) program: PathBuf,
    /// Its arguments.
    pub(crate) args: Vec<String>,
    /// Its environment besides `PATH` and `HOME`.
    pub(crate) env: Vec<(String, String)>,
    /// Its working directory and `HOME`.
    pub(crate) dir: PathBuf,
    /// The `cgroup.procs` of the control groups it is to be in.
    pub(crate) group: Vec<PathBuf>,
}

/// A running child.
#[derive(Debug)]
pub(crate) struct Child {
    keeper: tokio::process::Child,
    signals: Option<ChildStdin>,
    readers: Vec<JoinHandle<()>>,
}

impl Child {
    /// Starts it; its output goes to `log`.
    ///
    /// # Errors
    /// The system's own, if no process could be made.
    pub(crate) fn start(launch: &Launch, log: &Log, clock: &Clock) -> std::io::Result<Self> {
        let mut command = Command::new("/bin/sh");
        let groups: Vec<_> = launch.group.iter().map(|file| file.display().to_string()).collect();
        command.arg("-c").arg(KEEPER).arg("keeper").arg(groups.join("\n")).arg(&launch.program).args(&launch.args);
        command.env_clear().env("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin");
        command.env("HOME", &launch.dir).envs(launch.env.iter().cloned()).current_dir(&launch.dir);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
        let mut keeper = command.spawn()?;
        let mut readers = Vec::new();
        readers.extend(keeper.stdout.take().map(|stdout| log.follow(stdout, clock.clone())));
        readers.extend(keeper.stderr.take().map(|stderr| log.follow(stderr, clock.clone())));
        let signals = keeper.stdin.take();
        Ok(Self { keeper, signals, readers })
    }

    /// The process whose child the program is; absent once it has ended.
    pub(crate) fn keeper(&self) -> Option<u32> {
        self.keeper.id()
    }

    /// Its exit status if it has ended, 128 and the signal's number if a signal ended it.
    pub(crate) fn status(&mut self) -> Option<i32> {
        use std::os::unix::process::ExitStatusExt;
        let status = self.keeper.try_wait().ok()??;
        status.code().or(status.signal().map(|signal| 128 + signal))
    }

    /// Waits for its end; all it printed is in its log then.
    pub(crate) async fn ended(&mut self) -> std::io::Result<ExitStatus> {
        let status = self.keeper.wait().await;
        let reading = std::mem::take(&mut self.readers);
        let _ = tokio::time::timeout(READ_OUT_WITHIN, futures_util::future::join_all(reading)).await;
        status
    }

    /// Asks it to finish (SIGTERM), and kills it if it has not after `grace`. All it printed is in its log then.
    pub(crate) async fn finish(mut self, grace: Duration) {
        if let Some(signals) = &mut self.signals {
            // A closed pipe means that it has ended already.
            let _ = signals.write_all(b"TERM\n").await;
        }
        // `wait` closes the child's standard input first, and a closed input kills it: hold it outside.
        let hold = self.signals.take();
        let _ = tokio::time::timeout(grace, self.keeper.wait()).await;
        drop(hold);
        let _ = self.ended().await;
    }

    /// Kills it (SIGKILL) and waits until it is gone. All it printed is in its log then.
    pub(crate) async fn kill(mut self) {
        drop(self.signals.take());
        let _ = self.ended().await;
    }
}

/// The absolute path of a program: as given, or found in `PATH`.
pub fn find_program(command: &str) -> Option<PathBuf> {
    if command.contains('/') {
        return std::fs::canonicalize(command).ok().filter(|path| path.is_file());
    }
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).map(|dir| dir.join(command)).find(|candidate| is_program(candidate))
}

fn is_program(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    path.metadata().is_ok_and(|meta| meta.is_file() && meta.permissions().mode() & 0o111 != 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn launch(script: &str, dir: &Path) -> Launch {
        let args = vec!["-c".to_owned(), script.to_owned()];
        Launch { program: "/bin/sh".into(), args, env: Vec::new(), dir: dir.to_owned(), group: Vec::new() }
    }

    /// Waits for the condition, at most 10 s.
    async fn until(what: &str, mut holds: impl FnMut() -> bool) {
        let waiting = async {
            while !holds() {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(10), waiting).await.unwrap_or_else(|_| panic!("never: {what}"));
    }

    fn is_alive(pid: &str) -> bool {
        // The state stands behind the name, which may hold anything; a zombie has not been reaped by its new parent yet. (The command
        // line tells nothing: it is empty for a moment while one program takes the place of another.)
        let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
        stat.rsplit_once(") ").is_some_and(|(_, rest)| !rest.starts_with(['Z', 'X']))
    }

    #[tokio::test]
    async fn a_child_sees_a_clean_environment_and_its_lines_are_kept() {
        let dir = tempfile::tempdir().unwrap();
        let log = Log::default();
        let mut child =
            Child::start(&launch("env; echo oops >&2; exit 3", dir.path()), &log, &Clock::real_time()).unwrap();
        assert_eq!(child.ended().await.unwrap().code(), Some(3));
        assert!(log.lines().iter().any(|(_, line)| line == "oops") && log.lines().len() > 2, "{:?}", log.lines());
        let foreign = log.lines().into_iter().find(|(_, line)| line.starts_with("CARGO"));
        assert_eq!(foreign, None);
    }

    #[test]
    fn colours_of_a_line_are_not_kept() {
        for (line, plain) in [
            ("\u{1b}[2m12:00\u{1b}[0m \u{1b}[38;5;1m WARN\u{1b}[0m no password", "12:00  WARN no password"),
            ("[2m stays", "[2m stays"),
            ("cut \u{1b}[3", "cut "),
            ("\u{1b}", ""),
        ] {
            assert_eq!(without_colours(line.to_owned()), plain);
        }
    }

    #[tokio::test]
    async fn finish_asks_first_and_kill_does_not() {
        let dir = tempfile::tempdir().unwrap();
        for (kill, expected) in [(false, vec!["ready", "bye"]), (true, vec!["ready"])] {
            let log = Log::default();
            let script = "trap 'echo bye; exit 0' TERM; echo ready; while :; do sleep 0.02; done";
            let child = Child::start(&launch(script, dir.path()), &log, &Clock::real_time()).unwrap();
            until("it is ready", || !log.lines().is_empty()).await;
            if kill {
                child.kill().await
            } else {
                child.finish(Duration::from_secs(5)).await
            }
            assert_eq!(log.lines().into_iter().map(|(_, line)| line).collect::<Vec<_>>(), expected);
        }
    }

    #[tokio::test]
    async fn nothing_survives_a_dropped_guard() {
        let dir = tempfile::tempdir().unwrap();
        let log = Log::default();
        let child = Child::start(&launch("echo $$; exec sleep 600", dir.path()), &log, &Clock::real_time()).unwrap();
        until("it tells its pid", || !log.lines().is_empty()).await;
        let pid = log.lines()[0].1.clone();
        assert!(is_alive(&pid));
        drop(child);
        until("it is gone", || !is_alive(&pid)).await;
    }

    /// Not a test of its own: what the next test runs in another process, which it then kills.
    #[tokio::test]
    async fn holds_a_child_until_killed() {
        let Some(dir) = std::env::var_os("SHAKEDOWN_TEST_HOLDER") else { return };
        let (dir, log) = (PathBuf::from(dir), Log::default());
        let _child =
            Child::start(&launch("echo $$ > pid.new; mv pid.new pid; exec sleep 600", &dir), &log, &Clock::real_time());
        std::future::pending::<()>().await;
    }

    #[tokio::test]
    async fn nothing_survives_our_own_sigkill() {
        let dir = tempfile::tempdir().unwrap();
        let mut holder = Command::new(std::env::current_exe().unwrap());
        holder.args(["--exact", "systems::child::tests::holds_a_child_until_killed"]);
        holder.env("SHAKEDOWN_TEST_HOLDER", dir.path()).stdout(Stdio::null()).stderr(Stdio::null()).kill_on_drop(true);
        let mut holder = holder.spawn().unwrap();
        let file = dir.path().join("pid");
        until("the child tells its pid", || file.is_file()).await;
        let pid = std::fs::read_to_string(&file).unwrap().trim().to_owned();
        assert!(is_alive(&pid));
        holder.kill().await.unwrap();
        until("it is gone", || !is_alive(&pid)).await;
    }
}
