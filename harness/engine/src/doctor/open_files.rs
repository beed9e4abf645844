//! How many files and sockets this process may have open.

use rustix::process::{Resource, getrlimit};

use super::{Facts, Finding};

/// Scenarios that run beside each other, each with a registry, a store and their connections.
const LEAST: u64 = 256;
/// Loads with hundreds of workers, each with a connection at both ends.
const PLENTY: u64 = 1024;

/// What was seen of the limit.
#[derive(Debug, Clone, Copy)]
pub struct OpenFileFacts {
    /// What holds now; absent: no limit.
    pub limit: Option<u64>,
    /// What it may be raised to; absent: no limit.
    pub most: Option<u64>,
}

pub(super) async fn look() -> OpenFileFacts {
    let seen = getrlimit(Resource::Nofile);
    OpenFileFacts { limit: seen.current, most: seen.maximum }
}

impl Facts for OpenFileFacts {
    fn findings(&self) -> Vec<Finding> {
        const WHAT: &str = "open files";
        let Some(limit) = self.limit else { return vec![Finding::ok(WHAT, "without a limit")] };
        let seen = format!("at most {limit}");
        if limit >= PLENTY {
            return vec![Finding::ok(WHAT, seen)];
        }
        let fix = match self.most {
            Some(most) if most < PLENTY => {
                format!("the system's own limit is {most}: raise it in /etc/security/limits.conf")
            }
            _ => format!("ulimit -n {PLENTY}"),
        };
        let finding = if limit < LEAST { Finding::missing(WHAT, seen) } else { Finding::optional(WHAT, seen) };
        vec![finding.needed_for(["scenarios over sockets side by side", "loads with many workers"]).fix(fix)]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::Standing;

    #[test]
    fn a_low_limit_is_seen_and_the_fix_is_one_that_the_system_allows() {
        let finding = |limit, most| OpenFileFacts { limit, most }.findings().remove(0);
        assert_eq!(finding(None, None).standing, Standing::Ok);
        assert_eq!(finding(Some(PLENTY), Some(PLENTY)).standing, Standing::Ok);
        assert_eq!(finding(Some(LEAST), None).standing, Standing::Optional);
        let low = finding(Some(LEAST - 1), Some(4096));
        assert_eq!((low.standing, low.fix.as_deref()), (Standing::Missing, Some("ulimit -n 1024")));
        assert!(finding(Some(64), Some(128)).fix.unwrap().contains("limits.conf"));
    }
}
