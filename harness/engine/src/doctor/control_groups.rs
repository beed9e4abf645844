//! Can a process be limited (`limits` of a system file)? A group is made and removed to know.

use shakedown_containers::Limits;

use super::{Facts, Finding};
use crate::systems::cgroup::Group;

/// What was seen of control groups.
#[derive(Debug, Clone)]
pub struct ControlGroupFacts {
    /// Why none can be made.
    pub refused: Option<String>,
}

pub(super) async fn look() -> ControlGroupFacts {
    let group = Group::new(Limits { cpus: Some(1.0), memory: Some(64 << 20) });
    ControlGroupFacts { refused: group.err() }
}

impl Facts for ControlGroupFacts {
    fn findings(&self) -> Vec<Finding> {
        const WHAT: &str = "control groups";
        vec![match &self.refused {
            None => Finding::ok(WHAT, "cores and memory of a process can be limited"),
            Some(reason) => Finding::optional(WHAT, reason)
                .needed_for(["`limits` of systems that are processes"])
                .fix("run as root, or take a system in a container"),
        }]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::Standing;

    #[test]
    fn groups_that_cannot_be_made_are_optional() {
        let refused = ControlGroupFacts { refused: Some("there is no /sys/fs/cgroup/cpu".to_owned()) };
        assert_eq!(refused.findings()[0].standing, Standing::Optional);
        assert_eq!(ControlGroupFacts { refused: None }.findings()[0].standing, Standing::Ok);
    }
}
