//! Who started a container, as a label says it: so that those of a process that is gone can be told from those of one that runs.

use std::fmt;
use std::fs;
use std::sync::OnceLock;

/// A process of a host. A pid comes again, a pid with its start time does not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Owner {
    /// The host's name. Several can use one engine, and nothing is known here of processes elsewhere.
    pub host: String,
    /// The process.
    pub pid: u32,
    /// When it began, in the kernel's own unit; 0 where the kernel does not say.
    pub start: u64,
}

impl Owner {
    /// This process.
    pub fn this() -> &'static Self {
        static THIS: OnceLock<Owner> = OnceLock::new();
        THIS.get_or_init(|| {
            let pid = std::process::id();
            Self { host: host(), pid, start: start_of(pid).unwrap_or_default() }
        })
    }

    /// Reads what [`Owner`] prints.
    pub fn parse(text: &str) -> Option<Self> {
        let mut parts = text.rsplitn(3, '/');
        let (start, pid, host) = (parts.next()?, parts.next()?, parts.next()?);
        Some(Self { host: host.to_owned(), pid: pid.parse().ok()?, start: start.parse().ok()? })
    }

    /// True if it was a process of this host that has ended.
    pub fn is_gone(&self) -> bool {
        self.host == Self::this().host && !self.runs()
    }

    fn runs(&self) -> bool {
        match start_of(self.pid) {
            Some(start) => start == self.start,
            // No such process; or no kernel that tells, and then nothing may be taken for gone.
            None => !fs::exists("/proc/self/stat").unwrap_or(false),
        }
    }
}

impl fmt::Display for Owner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}/{}", self.host, self.pid, self.start)
    }
}

fn host() -> String {
    let name = fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    // After a reboot nothing of before runs, whatever has its pid now: the kernel's start times begin anew, too.
    let boot = fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap_or_default();
    match name.trim() {
        "" => "host".to_owned(),
        name => format!("{name}-{}", boot.trim().split('-').next().unwrap_or_default()),
    }
}

/// The 22nd field of `/proc/PID/stat`; the second one is the program's name in brackets, which may hold anything.
fn start_of(pid: u32) -> Option<u64> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    stat.rsplit_once(')')?.1.split_whitespace().nth(19)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_that_ended_is_gone_and_one_of_another_host_is_not_ours_to_judge() {
        let this = Owner::this();
        assert_eq!(Owner::parse(&this.to_string()).as_ref(), Some(this));
        assert!(!this.is_gone());
        // The same pid of an earlier process.
        assert!(Owner { start: this.start + 1, ..this.clone() }.is_gone());
        let mut child = std::process::Command::new("true").spawn().unwrap();
        let ended = Owner { pid: child.id(), ..this.clone() };
        child.wait().unwrap();
        assert!(ended.is_gone());
        assert!(!Owner { host: "elsewhere".to_owned(), ..ended }.is_gone());
        assert_eq!(Owner::parse("nonsense"), None);
    }
}
