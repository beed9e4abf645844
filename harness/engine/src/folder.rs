//! Folders of ours in the system's place for temporary ones: they go with whoever holds them, and those of a process that was killed go
//! before the next run. Not here: what is put there.

use std::path::Path;

use shakedown_containers::Owner;
use tempfile::TempDir;

/// How their names begin; then who made them (`HOST~PID~START`) and what tells them from each other.
const PREFIX: &str = "shakedown-of-";

/// A new one; it is removed when this is dropped.
pub(crate) fn new() -> std::io::Result<TempDir> {
    let owner = Owner::this().to_string().replace('/', "~");
    tempfile::Builder::new().prefix(&format!("{PREFIX}{owner}~")).tempdir()
}

/// Bytes that are free where they are.
pub(crate) fn free() -> std::io::Result<u64> {
    let seen = rustix::fs::statvfs(std::env::temp_dir())?;
    Ok(seen.f_bavail.saturating_mul(seen.f_frsize))
}

/// Removes those of processes that are gone. What cannot be removed stays: it is no reason not to run.
pub(crate) fn reap() {
    reap_in(&std::env::temp_dir());
}

fn reap_in(place: &Path) {
    let Ok(entries) = std::fs::read_dir(place) else { return };
    for entry in entries.flatten() {
        let name = entry.file_name();
        if owner(&name.to_string_lossy()).is_some_and(|owner| owner.is_gone()) {
            let _ = std::fs::remove_dir_all(entry.path());
        }
    }
}

fn owner(name: &str) -> Option<Owner> {
    let (owner, _) = name.strip_prefix(PREFIX)?.rsplit_once('~')?;
    Owner::parse(&owner.replace('~', "/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_folders_of_processes_that_are_gone_are_removed() {
        let place = tempfile::tempdir().unwrap();
        let mine = new().unwrap();
        let name = mine.path().file_name().unwrap().to_string_lossy().into_owned();
        assert_eq!(owner(&name).as_ref(), Some(Owner::this()));
        let this = Owner::this();
        let gone = Owner { start: this.start + 1, ..this.clone() };
        let name_of = |owner: &Owner| format!("{PREFIX}{}~abcdef", owner.to_string().replace('/', "~"));
        for name in [name_of(this), name_of(&gone), "shakedown-of-nobody".to_owned(), "other".to_owned()] {
            std::fs::create_dir(place.path().join(name)).unwrap();
        }
        reap_in(place.path());
        let left = std::fs::read_dir(place.path()).unwrap().count();
        assert_eq!((left, place.path().join(name_of(&gone)).exists()), (3, false));
    }
}
