//! What a registry that somebody else runs is able to do, found out before the run: one file per ability and one line in the list.
//! Each probe works in a repository of its own. Not here: which scenarios are skipped for it (`setup`).

mod cancel;
mod catalog;
mod delete_blob;
mod delete_manifest;
mod delete_tag;
mod look;
mod mount;
mod redirect;
mod referrers;
mod sha512;
mod tag_parameters;

use std::collections::BTreeMap;

use futures_util::future::LocalBoxFuture;
use shakedown_reports::Ability;
use shakedown_scenario::Need;

pub(crate) use look::Look;

/// What a probe saw.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Found {
    there: bool,
    evidence: String,
}

/// One ability and how it is looked for.
struct Probe {
    /// Its name in `--abilities`, and in `needs` where scenarios can need it.
    name: &'static str,
    /// What scenarios call it.
    needs: &'static [Need],
    /// How ids of the rules begin that are about nothing else: a scenario for them needs it, too.
    rules: &'static [&'static str],
    /// The specification asks for it: scenarios run all the same when it is not found, and fail.
    required: bool,
    /// Looks for it. An error says that it could not be looked for.
    ask: for<'a> fn(&'a Look) -> LocalBoxFuture<'a, Result<Found, String>>,
}

/// All probes, in the order of reports.
const PROBES: &[Probe] = &[
    delete_tag::PROBE,
    delete_manifest::PROBE,
    delete_blob::PROBE,
    mount::PROBE,
    cancel::PROBE,
    referrers::PROBE,
    sha512::PROBE,
    tag_parameters::PROBE,
    catalog::PROBE,
    redirect::PROBE,
];

/// `delete` stands for all of these.
const DELETES: &[&str] = &["delete-tag", "delete-manifest", "delete-blob"];

/// What is known of a system's abilities; of what is not known, all is tried.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Abilities {
    /// By name: is it there, how that is known, and whether scenarios that need it are skipped without it.
    found: BTreeMap<&'static str, (bool, String, bool)>,
    /// What cannot be done where the system runs, whatever its file says, and why.
    prevented: BTreeMap<Need, String>,
}

impl Abilities {
    /// Reads what a user says: `no-delete,no-referrers,sha512`.
    ///
    /// # Errors
    /// A name that is none, with those that are.
    pub fn parse<'a>(words: impl IntoIterator<Item = &'a str>) -> Result<Self, String> {
        let mut told = Self::default();
        for word in words {
            let (name, there) = word.strip_prefix("no-").map_or((word, true), |name| (name, false));
            let meant: Vec<_> =
                PROBES.iter().filter(|probe| probe.name == name || is_group(name, probe.name)).collect();
            if meant.is_empty() {
                let names = PROBES.iter().map(|probe| probe.name).collect::<Vec<_>>().join(", ");
                return Err(format!(
                    "there is no ability `{name}`; there are delete (all three), {names}, each also with no-"
                ));
            }
            for probe in meant {
                let evidence = format!("as --abilities says: {word}");
                told.found.insert(probe.name, (there, evidence, true));
            }
        }
        Ok(told)
    }

    /// Looks for all that is not told.
    pub(crate) async fn discover(mut self, look: &Look) -> Self {
        for probe in PROBES {
            if self.found.contains_key(probe.name) {
                continue;
            }
            // What could not be looked for is tried.
            if let Ok(found) = (probe.ask)(&look.at(probe.name)).await {
                self.found.insert(probe.name, (found.there, found.evidence, !probe.required));
            }
        }
        self
    }

    /// Why a scenario that needs this cannot run; `None` if it can, or if the specification asks for it.
    pub(crate) fn lack(&self, need: Need) -> Option<String> {
        let prevented = self.prevented.get(&need).cloned();
        prevented.or_else(|| self.not_found(need))
    }

    /// Says why nobody can do this where the system runs.
    pub(crate) fn prevent(&mut self, need: Need, reason: impl Into<String>) {
        self.prevented.insert(need, reason.into());
    }

    fn not_found(&self, need: Need) -> Option<String> {
        PROBES.iter().filter(|probe| probe.needs.contains(&need)).find_map(|probe| self.without(probe))
    }

    /// The same for a scenario about these rules.
    pub(crate) fn lack_for(&self, rules: &[String]) -> Option<String> {
        let about = |probe: &&Probe| rules.iter().any(|rule| probe.rules.iter().any(|begin| rule.starts_with(begin)));
        PROBES.iter().filter(about).find_map(|probe| self.without(probe))
    }

    fn without(&self, probe: &Probe) -> Option<String> {
        match self.found.get(probe.name) {
            Some((false, evidence, true)) => Some(format!("the registry has no {}: {evidence}", probe.name)),
            _ => None,
        }
    }

    /// For reports.
    pub(crate) fn told(&self) -> Vec<Ability> {
        let known = PROBES.iter().filter_map(|probe| Some((probe.name, self.found.get(probe.name)?)));
        known
            .map(|(name, (there, evidence, _))| Ability {
                name: name.to_owned(),
                there: *there,
                evidence: evidence.clone(),
            })
            .collect()
    }
}

fn is_group(name: &str, probe: &str) -> bool {
    name == "delete" && DELETES.contains(&probe)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_user_says_counts() {
        let told = Abilities::parse(["no-delete", "sha512", "no-referrers"]).unwrap();
        for need in [Need::DeleteTag, Need::DeleteManifest, Need::DeleteBlob, Need::Delete, Need::Referrers] {
            assert!(told.lack(need).unwrap().contains("as --abilities says"), "{need:?}");
        }
        assert_eq!((told.lack(Need::Sha512), told.lack(Need::Tcp)), (None, None));
        assert_eq!(told.told().len(), 5);
        let error = Abilities::parse(["no-deletes"]).unwrap_err();
        assert!(error.contains("no ability `deletes`") && error.contains("tag-parameters"), "{error}");
    }

    #[test]
    fn what_cannot_be_done_where_a_system_runs_counts_before_all_else() {
        let mut abilities = Abilities::parse(["sha512"]).unwrap();
        abilities.prevent(Need::Gc, "not here");
        abilities.prevent(Need::Sha512, "nor this");
        let lacks = [Need::Gc, Need::Sha512, Need::Purge].map(|need| abilities.lack(need));
        assert_eq!(lacks, [Some("not here".to_owned()), Some("nor this".to_owned()), None]);
    }

    #[test]
    fn what_the_specification_asks_for_is_not_skipped_because_it_is_missing() {
        let mut found = Abilities::default();
        found.found.insert("referrers", (false, "404".to_owned(), false));
        found.found.insert("sha512", (false, "400".to_owned(), true));
        assert_eq!((found.lack(Need::Referrers), found.lack_for(&["RL1".to_owned()])), (None, None));
        let told = Abilities::parse(["no-referrers"]).unwrap();
        assert!(told.lack_for(&["MP9".to_owned(), "RL1".to_owned()]).is_some());
        assert_eq!(found.lack(Need::Sha512).unwrap(), "the registry has no sha512: 400");
    }
}
