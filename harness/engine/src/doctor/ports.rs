//! Can servers be given free ports on loopback? All of ours listen there.

use std::net::{Ipv4Addr, TcpListener};

use super::{Facts, Finding};

/// As many as a scenario with replicas, gateway, token server and cache has.
const ASKED: usize = 16;

/// What was seen of the ports.
#[derive(Debug, Clone)]
pub struct PortFacts {
    /// How many were given at once.
    pub given: usize,
    /// Why the next one was not.
    pub refused: Option<String>,
}

pub(super) async fn look() -> PortFacts {
    let mut held = Vec::new();
    while held.len() < ASKED {
        match TcpListener::bind((Ipv4Addr::LOCALHOST, 0)) {
            Ok(listener) => held.push(listener),
            Err(error) => return PortFacts { given: held.len(), refused: Some(error.kind().to_string()) },
        }
    }
    PortFacts { given: held.len(), refused: None }
}

impl Facts for PortFacts {
    fn findings(&self) -> Vec<Finding> {
        const WHAT: &str = "loopback ports";
        let Some(reason) = &self.refused else {
            return vec![Finding::ok(WHAT, format!("{} were free at once on 127.0.0.1", self.given))];
        };
        let seen = format!("only {} of {ASKED} could be had on 127.0.0.1: {reason}", self.given);
        let fix =
            if self.given == 0 { "ip link set lo up" } else { "sysctl net.ipv4.ip_local_port_range=\"32768 60999\"" };
        vec![
            Finding::missing(WHAT, seen)
                .needed_for(["run --over tcp", "serve", "bench", "every other system"])
                .fix(fix),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::Standing;

    #[tokio::test]
    async fn ports_that_cannot_be_had_are_seen() {
        assert_eq!(look().await.findings()[0].standing, Standing::Ok);
        let refused = PortFacts { given: 3, refused: Some("address in use".to_owned()) };
        assert_eq!(refused.findings()[0].standing, Standing::Missing);
    }
}
