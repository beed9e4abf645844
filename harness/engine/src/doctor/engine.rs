//! Is there a container engine that answers? Not here: its images.

use shakedown_containers::engine;

use super::{ANSWER_WITHIN, Facts, Finding};

/// What was seen of the engine.
#[derive(Debug, Clone)]
pub struct EngineFacts {
    /// It answers as this, or why it does not.
    pub engine: Result<EngineSeen, String>,
    /// `DOCKER_HOST` says where it is.
    pub named: bool,
    /// Docker has a socket where it usually has one.
    pub docker_socket: bool,
    /// Podman has one.
    pub podman_socket: bool,
    /// Podman is installed.
    pub podman_program: bool,
}

/// An engine that answers.
#[derive(Debug, Clone)]
pub struct EngineSeen {
    /// `Docker` or `Podman`.
    pub name: String,
    /// Its version.
    pub version: String,
}

pub(super) async fn look() -> EngineFacts {
    let engine = match tokio::time::timeout(ANSWER_WITHIN, engine::about()).await {
        Ok(Ok(about)) => Ok(EngineSeen { name: about.name.to_owned(), version: about.version }),
        // What the client says may name a host; which socket is there is told apart from it.
        Ok(Err(_)) => Err("nothing answers".to_owned()),
        Err(_) => Err(format!("it did not answer within {ANSWER_WITHIN:?}")),
    };
    let [docker_socket, podman_socket] = engine::sockets();
    EngineFacts {
        engine,
        named: std::env::var_os("DOCKER_HOST").is_some(),
        docker_socket,
        podman_socket,
        podman_program: crate::systems::find_program("podman").is_some(),
    }
}

impl EngineFacts {
    fn fix(&self) -> &'static str {
        match self {
            Self { named: true, .. } => "DOCKER_HOST names another place: start what it names, or unset DOCKER_HOST",
            Self { docker_socket: true, .. } => {
                "Docker's socket is there: start it (systemctl start docker), or let this user in (usermod -aG docker USER, log in again)"
            }
            Self { podman_program: true, .. } => "systemctl --user start podman.socket",
            _ => "apt-get install podman && systemctl --user start podman.socket",
        }
    }
}

impl Facts for EngineFacts {
    fn findings(&self) -> Vec<Finding> {
        const WHAT: &str = "container engine";
        let sockets = [
            (self.named, "DOCKER_HOST"),
            (self.docker_socket, "Docker's socket"),
            (self.podman_socket, "Podman's socket"),
        ];
        let found: Vec<_> = sockets.iter().filter(|(is_there, _)| *is_there).map(|(_, name)| *name).collect();
        let by = if found.is_empty() { "no socket found".to_owned() } else { format!("found: {}", found.join(", ")) };
        vec![match &self.engine {
            Ok(EngineSeen { name, version }) => Finding::ok(WHAT, format!("{name} {version} ({by})")),
            Err(reason) => Finding::optional(WHAT, format!("{reason} ({by})"))
                .needed_for(["systems in containers (shakedown list --systems)"])
                .fix(self.fix()),
        }]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_fix_of_a_missing_engine_is_that_of_the_engine_that_is_half_there() {
        let none = EngineFacts {
            engine: Err("nothing answers".to_owned()),
            named: false,
            docker_socket: false,
            podman_socket: false,
            podman_program: false,
        };
        let fix = |facts: EngineFacts| facts.findings()[0].fix.clone().unwrap();
        assert!(fix(none.clone()).contains("install podman"));
        assert!(fix(EngineFacts { podman_program: true, ..none.clone() }).starts_with("systemctl --user"));
        assert!(fix(EngineFacts { docker_socket: true, ..none.clone() }).contains("usermod"));
        assert!(fix(EngineFacts { named: true, docker_socket: true, ..none }).contains("DOCKER_HOST"));
    }
}
