//! Podman where nothing names an engine: its socket is found, and this program starts again with `DOCKER_HOST`, because what looks for an
//! engine knows Docker's sockets only. Not here: the search (`shakedown-containers`).

use std::os::unix::process::CommandExt;
use std::process::Command;

/// Starts this program again if Podman is the only engine that runs; else returns, and so it does when that fails: then there is no
/// engine, and who needs one is told so.
pub(in crate::commands) fn use_it_if_there_is_nothing_else() {
    if let Some(socket) = shakedown_engine::podman()
        && let Ok(program) = std::env::current_exe()
    {
        let _ = Command::new(program).args(std::env::args_os().skip(1)).env("DOCKER_HOST", socket).exec();
    }
}
