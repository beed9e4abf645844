//! A child process that never outlives us: it is ended when its guard is dropped and also when we are killed ourselves.
//! Not here: what it is for (`process`).

use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::sync::{Arc, Mutex, PoisonError};

use shakedown_wire::Clock;
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncWriteExt, BufReader};
use tokio::process::{ChildStdin, Command};

/// Starts its arguments, passes on the signals named on its standard input, and kills them when that input ends. The input is a
/// pipe that only we hold, so the system closes it whatever way we end, SIGKILL included.
const KEEPER: &str = r#"
exec 3<&0 </dev/null
"$@" 3<&- &
child=$!
{ while read -r signal; do kill -"$signal" "$child"; done; kill -KILL "$child"; } <&3 >/dev/null 2>&1 &
keeper=$!
exec 3<&-
wait "$child" 2>/dev/null
status=$?
kill "$keeper" 2>/dev/null
exit "$status"
"#;

/// Lines kept of a process; more is thrown away, the first ones stay.
const LINES_LIMIT: usize = 20_000;
/// Bytes kept of one line.
const LINE_LIMIT: usize = 8_192;

/// A line with the time at which it was read, microseconds of run time.
type Line = (Option<u64>, String);

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

    fn add(&self, at: Option<u64>, line: String) {
        let mut lines = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if lines.len() < LINES_LIMIT {
            lines.push((at, line));
        }
    }

    /// Reads a stream to its end in the background.
    fn follow(&self, stream: impl AsyncRead + Send + Unpin + 'static, clock: Clock) {
        let log = self.clone();
        tokio::spawn(async move {
            let mut reader = BufReader::new(stream);
            let mut line = Vec::new();
            while let Ok(true) = next_line(&mut reader, &mut line).await {
                let at = u64::try_from(clock.elapsed().as_micros()).ok();
                log.add(at, String::from_utf8_lossy(&line).trim_end().to_owned());
            }
        });
    }
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
}

/// A running child.
#[derive(Debug)]
pub(crate) struct Child {
    keeper: tokio::process::Child,
    signals: Option<ChildStdin>,
}

impl Child {
    /// Starts it; its output goes to `log`.
    ///
    /// # Errors
    /// The system's own, if no process could be made.
    pub(crate) fn start(launch: &Launch, log: &Log, clock: &Clock) -> std::io::Result<Self> {
        let mut command = Command::new("/bin/sh");
        command.arg("-c").arg(KEEPER).arg("keeper").arg(&launch.program).args(&launch.args);
        command.env_clear().env("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin");
        command.env("HOME", &launch.dir).envs(launch.env.iter().cloned()).current_dir(&launch.dir);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
        let mut keeper = command.spawn()?;
        if let Some(stdout) = keeper.stdout.take() {
            log.follow(stdout, clock.clone());
        }
        if let Some(stderr) = keeper.stderr.take() {
            log.follow(stderr, clock.clone());
        }
        let signals = keeper.stdin.take();
        Ok(Self { keeper, signals })
    }

    /// Waits for its end.
    pub(crate) async fn ended(&mut self) -> std::io::Result<ExitStatus> {
        self.keeper.wait().await
    }

    /// Asks it to finish (SIGTERM), and kills it if it has not after `grace`.
    pub(crate) async fn finish(mut self, grace: std::time::Duration) {
        if let Some(signals) = &mut self.signals {
            // A closed pipe means that it has ended already.
            let _ = signals.write_all(b"TERM\n").await;
        }
        // `wait` closes the child's standard input first, and a closed input kills it: hold it outside.
        let hold = self.signals.take();
        let _ = tokio::time::timeout(grace, self.keeper.wait()).await;
        drop(hold);
        let _ = self.keeper.wait().await;
    }

    /// Kills it (SIGKILL) and waits until it is gone.
    pub(crate) async fn kill(mut self) {
        drop(self.signals.take());
        let _ = self.keeper.wait().await;
    }
}

/// The absolute path of a program: as given, or found in `PATH`.
pub(crate) fn find_program(command: &str) -> Option<PathBuf> {
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
    use std::time::Duration;

    fn launch(script: &str, dir: &Path) -> Launch {
        let args = vec!["-c".to_owned(), script.to_owned()];
        Launch { program: "/bin/sh".into(), args, env: Vec::new(), dir: dir.to_owned() }
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
        // A zombie that its new parent has not reaped yet has no command line.
        std::fs::read(format!("/proc/{pid}/cmdline")).is_ok_and(|line| !line.is_empty())
    }

    #[tokio::test]
    async fn a_child_sees_a_clean_environment_and_its_lines_are_kept() {
        let dir = tempfile::tempdir().unwrap();
        let log = Log::default();
        let mut child =
            Child::start(&launch("env; echo oops >&2; exit 3", dir.path()), &log, &Clock::real_time()).unwrap();
        assert_eq!(child.ended().await.unwrap().code(), Some(3));
        until("both streams are read", || log.lines().iter().any(|(_, line)| line == "oops") && log.lines().len() > 2)
            .await;
        let foreign = log.lines().into_iter().find(|(_, line)| line.starts_with("CARGO"));
        assert_eq!(foreign, None);
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
            until("its lines are read", || log.lines().len() >= expected.len()).await;
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
