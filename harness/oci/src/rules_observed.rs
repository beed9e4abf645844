//! What can be seen of a registry from outside, rule by rule. Most can be asked for anywhere; some show only where something is switched
//! on or off first, and duties of clients never do. Not here: the rules themselves (`rules_table`).

use crate::{Rule, Side};

/// Whether a registry can be seen to keep a rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Observed {
    /// On any registry.
    Anywhere,
    /// Only where the registry is made to do it; why.
    Provoked(&'static str),
    /// On no registry; why.
    Never(&'static str),
}

/// The rules that need more than a request.
const PROVOKED: &[(&str, &str)] = &[
    ("CH3", "only a registry with a least size of chunks has something to tell"),
    ("CA4", "only where the registry can be told to give uploads up soon"),
    ("RL11", "only where the list is longer than a page of the registry"),
    ("RL12", "only where the list is longer than a page of the registry"),
    ("DT2", "only where deletes can be switched off"),
    ("DM3", "only where deletes can be switched off"),
    ("DB3", "only where deletes can be switched off"),
    ("PX3", "only a registry that uses ns has something to return"),
    ("UG1", "only where the referrers API can be switched on later"),
    ("ER5", "only where requests are limited"),
    ("WN1", "only where the registry has something to warn of"),
    ("WN2", "only where the registry has something to warn of"),
];

impl Rule {
    /// Whether a registry can be seen to keep it.
    pub fn observed(&self) -> Observed {
        if self.side == Side::Client {
            return Observed::Never("a duty of clients");
        }
        let provoked = PROVOKED.iter().find(|(id, _)| *id == self.id);
        provoked.map_or(Observed::Anywhere, |(_, why)| Observed::Provoked(why))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_entry_is_a_duty_of_registries() {
        for (id, why) in PROVOKED {
            let rule = Rule::find(id).unwrap();
            assert_eq!(rule.observed(), Observed::Provoked(why), "{id}");
        }
        assert_eq!(Rule::find("CH8").unwrap().observed(), Observed::Anywhere);
        assert_eq!(Rule::find("CH9").unwrap().observed(), Observed::Never("a duty of clients"));
    }
}
