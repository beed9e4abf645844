//! A control group of our own that limits a child process, by either version of the kernel's interface.
//! Not here: containers, whose engine makes their groups.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use shakedown_containers::{Limits, Owner};

/// Where control groups are.
const ROOT: &str = "/sys/fs/cgroup";
/// Span of time in which a share of the cores is given, microseconds; the kernel's own default.
const PERIOD_US: f64 = 100_000.0;
/// How the names of our groups begin.
const PREFIX: &str = "shakedown-";

/// A group that is removed when it is dropped; what is in it must have ended by then.
#[derive(Debug)]
pub(crate) struct Group(Vec<PathBuf>);

impl Group {
    /// A group with these limits; none if nothing is limited.
    ///
    /// # Errors
    /// The kernel has no control groups, or we may not make one; with what to do.
    pub(crate) fn new(limits: Limits) -> Result<Option<Self>, String> {
        if limits == Limits::default() {
            return Ok(None);
        }
        Self::below(Path::new(ROOT), limits).map(Some).map_err(|reason| {
            format!(
                "`limits` of a process need a control group below {ROOT}: {reason}; run it in a container, or as root"
            )
        })
    }

    fn below(root: &Path, limits: Limits) -> Result<Self, String> {
        static NEXT: AtomicU64 = AtomicU64::new(1);
        let owner = Owner::this();
        let name = format!("{PREFIX}{}-{}-{}", owner.pid, owner.start, NEXT.fetch_add(1, Ordering::Relaxed));
        let mut group = Self(Vec::new());
        let unified = root.join("cgroup.controllers").exists();
        let quota = limits.cpus.map(|cpus| (cpus * PERIOD_US).round());
        if unified {
            let mut files = Vec::new();
            files.extend(quota.map(|quota| ("cpu.max", format!("{quota} {PERIOD_US}"))));
            files.extend(limits.memory.map(|bytes| ("memory.max", bytes.to_string())));
            group.make(root, &name, &files)?;
        } else {
            if let Some(quota) = quota {
                let period = ("cpu.cfs_period_us", PERIOD_US.to_string());
                group.make(&root.join("cpu"), &name, &[period, ("cpu.cfs_quota_us", quota.to_string())])?;
            }
            if let Some(bytes) = limits.memory {
                group.make(&root.join("memory"), &name, &[("memory.limit_in_bytes", bytes.to_string())])?;
            }
        }
        Ok(group)
    }

    fn make(&mut self, parent: &Path, name: &str, files: &[(&str, String)]) -> Result<(), String> {
        sweep(parent);
        let dir = parent.join(name);
        let place = |path: &Path, error: std::io::Error| format!("{}: {error}", path.display());
        if !parent.is_dir() {
            return Err(format!("there is no {}", parent.display()));
        }
        fs::create_dir(&dir).map_err(|error| place(&dir, error))?;
        self.0.push(dir.clone());
        for (file, text) in files {
            let path = dir.join(file);
            fs::write(&path, text).map_err(|error| place(&path, error))?;
        }
        Ok(())
    }

    /// The files into which a process writes its id to be in it.
    pub(crate) fn files(&self) -> Vec<PathBuf> {
        self.0.iter().map(|dir| dir.join("cgroup.procs")).collect()
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        for dir in &self.0 {
            // One that is not empty yet goes with the next sweep.
            let _ = fs::remove_dir(dir);
        }
    }
}

/// Removes groups whose maker is gone.
fn sweep(parent: &Path) {
    for entry in fs::read_dir(parent).into_iter().flatten().flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        let mut numbers = name.strip_prefix(PREFIX).unwrap_or_default().split('-');
        let (pid, start) =
            (numbers.next().and_then(|pid| pid.parse().ok()), numbers.next().and_then(|at| at.parse().ok()));
        if let (Some(pid), Some(start)) = (pid, start)
            && (Owner { pid, start, ..Owner::this().clone() }).is_gone()
        {
            let _ = fs::remove_dir(entry.path());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::systems::child::{Child, Launch, Log};
    use shakedown_wire::Clock;

    #[tokio::test]
    #[expect(clippy::print_stderr, reason = "a skipped test says so")]
    async fn a_limited_process_is_in_a_group_that_goes_with_it() {
        let limits = Limits { cpus: Some(0.2), memory: Some(64 << 20) };
        let group = match Group::new(limits) {
            Ok(group) => group.expect("something is limited"),
            Err(reason) => {
                assert!(std::env::var_os("CI").is_none(), "{reason}");
                return eprintln!("skipped: {reason}");
            }
        };
        let read =
            |dir: &PathBuf, file: &str| fs::read_to_string(dir.join(file)).ok().map(|text| text.trim().to_owned());
        let any = |file: &str| group.0.iter().find_map(|dir| read(dir, file));
        let cpu = any("cpu.max").or_else(|| any("cpu.cfs_quota_us")).expect("a limit of cores");
        assert!(cpu == "20000 100000" || cpu == "20000", "{cpu}");
        let memory = any("memory.max").or_else(|| any("memory.limit_in_bytes"));
        assert_eq!(memory.as_deref(), Some("67108864"));
        let (home, log) = (tempfile::tempdir().unwrap(), Log::default());
        let launch = Launch {
            program: "/bin/cat".into(),
            args: vec!["/proc/self/cgroup".to_owned()],
            env: Vec::new(),
            dir: home.path().to_owned(),
            group: group.files(),
        };
        let mut child = Child::start(&launch, &log, &Clock::real_time()).unwrap();
        assert!(child.ended().await.unwrap().success());
        let name = group.0[0].file_name().unwrap().to_string_lossy().into_owned();
        let told = async {
            while !log.lines().iter().any(|(_, line)| line.ends_with(&name)) {
                tokio::time::sleep(std::time::Duration::from_millis(5)).await;
            }
        };
        let in_time = tokio::time::timeout(std::time::Duration::from_secs(5), told).await;
        assert!(in_time.is_ok(), "{:#?}", log.lines());
        let dirs = group.0.clone();
        drop(group);
        assert!(dirs.iter().all(|dir| !dir.exists()), "{dirs:?}");
    }

    #[test]
    fn no_limits_need_no_group_and_what_cannot_be_made_says_why() {
        assert!(Group::new(Limits::default()).unwrap().is_none());
        let nowhere = tempfile::tempdir().unwrap();
        let reason = Group::below(nowhere.path(), Limits { cpus: Some(1.0), memory: None }).unwrap_err();
        assert!(reason.contains("there is no"), "{reason}");
    }
}
