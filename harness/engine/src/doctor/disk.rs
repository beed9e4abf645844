//! Can the folder for temporary files be written, and is there room?

use super::{Facts, Finding, bytes};

/// Images that clients push and pull, and configurations of systems, lie there: a run of all scenarios needs less than this.
const LEAST: u64 = 64 << 20;
/// Loads and reports of large runs need more.
const PLENTY: u64 = 1 << 30;

/// What was seen of the folder.
#[derive(Debug, Clone)]
pub struct DiskFacts {
    /// Bytes that are free there, or why nothing can be written.
    pub free: Result<u64, String>,
}

pub(super) async fn look() -> DiskFacts {
    let dir = std::env::temp_dir();
    let free = tempfile::tempfile_in(&dir)
        .map_err(|error| error.kind().to_string())
        .and_then(|_| crate::folder::free().map_err(|error| error.kind().to_string()));
    DiskFacts { free }
}

impl Facts for DiskFacts {
    fn findings(&self) -> Vec<Finding> {
        const WHAT: &str = "temporary files";
        const FIX: &str = "free some, or name another folder: export TMPDIR=DIR";
        let finding = match &self.free {
            Err(reason) => Finding::missing(WHAT, format!("their folder cannot be written: {reason}")).fix(FIX),
            Ok(free) if *free < LEAST => Finding::missing(WHAT, format!("{} free", bytes(*free))).fix(FIX),
            Ok(free) if *free < PLENTY => Finding::optional(WHAT, format!("{} free", bytes(*free))).fix(FIX),
            Ok(free) => return vec![Finding::ok(WHAT, format!("{} free", bytes(*free)))],
        };
        vec![finding.needed_for(["systems, clients", "large loads and reports"])]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::Standing;

    #[test]
    fn a_full_disk_and_one_that_cannot_be_written_are_seen() {
        let standing = |free| DiskFacts { free }.findings()[0].standing;
        assert_eq!(standing(Err("read-only filesystem".to_owned())), Standing::Missing);
        assert_eq!(standing(Ok(0)), Standing::Missing);
        assert_eq!(standing(Ok(LEAST)), Standing::Optional);
        assert_eq!(standing(Ok(PLENTY)), Standing::Ok);
    }

    #[tokio::test]
    async fn this_machine_has_some() {
        assert!(look().await.free.unwrap() > 0);
    }
}
