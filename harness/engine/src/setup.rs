//! What one scenario of a run needs to know of the run, and whether the run can give it what it needs.

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::os::unix::net::UnixStream;

use shakedown_client::Credentials;
use shakedown_faults::forward::ProxyUser;
use shakedown_faults::gateway::Before;
use shakedown_faults::{Fault, On};
use shakedown_oci::{Rule, Version};
use shakedown_scenario::steps::Step;
use shakedown_scenario::{AuthSpec, CacheKind, Need, Plan, RegistrySettings, S3Settings};

use crate::content::derive;
use crate::foreign::{self, ForeignStorage};
use crate::lifeline::CallBudget;
use crate::limits::Limits;
use crate::options::{Access, Interrupt, Over, RunOptions};
use crate::shared::Shared;
use crate::systems::{
    StorageOf, SystemChoice, cannot_ask, cannot_cache, cannot_pull_through, cannot_set, find_program,
};

/// A free port of loopback.
pub(crate) const ANY_PORT: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), 0);

/// Where `docker` looks for its daemon if nothing else is said; programs of steps are told nothing else.
const DOCKER: &str = "/var/run/docker.sock";

/// One scenario's view of the run.
#[derive(Debug, Clone)]
pub(crate) struct Setup {
    /// The system.
    pub(crate) system: SystemChoice,
    /// The transport.
    pub(crate) over: Over,
    /// The run's seed.
    pub(crate) seed: u64,
    /// The text of the specification that the registry is held to.
    pub(crate) spec: Version,
    /// Values for system files.
    pub(crate) vars: BTreeMap<String, String>,
    /// How a registry given as URL is reached.
    pub(crate) access: Access,
    /// Somebody's store, instead of the mock.
    pub(crate) storage: Option<ForeignStorage>,
    /// What all scenarios share.
    pub(crate) shared: Shared,
    /// Where clients find the registry over TCP, or the gateway before it; port 0 takes a free one.
    pub(crate) listen: SocketAddr,
    /// Stops the run.
    pub(crate) interrupt: Interrupt,
    /// Time and calls.
    pub(crate) limits: Limits,
    /// What is left of the calls.
    pub(crate) budget: CallBudget,
    /// Texts that must not appear in the trace.
    pub(crate) secrets: Vec<String>,
}

impl Setup {
    /// For one try of one scenario.
    pub(crate) fn new(options: &RunOptions, plan: &Plan, shared: &Shared) -> Self {
        let over = options.transport();
        let limits = Limits::of(&plan.scenario, over);
        Self {
            system: options.system.clone(),
            over,
            seed: options.seed,
            spec: options.spec,
            vars: options.vars.clone(),
            access: options.access.clone(),
            storage: options.storage.clone(),
            shared: shared.clone(),
            listen: ANY_PORT,
            interrupt: options.interrupt.clone(),
            limits,
            budget: CallBudget::new(limits.calls),
            secrets: options.secrets.iter().chain(&plan.secrets).cloned().collect(),
        }
    }

    /// How clients get in, if the registry is somebody else's, or knows its users by itself.
    pub(crate) fn access_of(&self, is_somebodys: bool) -> Option<Access> {
        let logs_in = !matches!(self.access.credentials, Credentials::Anonymous);
        (is_somebodys || logs_in).then(|| self.access.clone())
    }

    /// A number for one purpose of this scenario, the same in every run with this seed.
    pub(crate) fn derive(&self, plan: &Plan, purpose: &str) -> u64 {
        derive(self.seed, &[&plan.id, purpose])
    }

    /// The repository, on systems that are shared with others under a prefix of this run (the seed's last 8 digits) and this scenario:
    /// what another one left behind is not mistaken for its own.
    pub(crate) fn repository(&self, plan: &Plan, given: &str) -> String {
        match self.system {
            SystemChoice::Url { .. } => {
                format!("{}/{given}", self.prefix(plan))
            }
            SystemChoice::Reference { .. } | SystemChoice::Process(_) => given.to_owned(),
        }
    }

    /// What all repositories of the scenario begin with on a system that is shared.
    pub(crate) fn prefix(&self, plan: &Plan) -> String {
        prefix(self.seed, self.derive(plan, "repository"))
    }

    /// Why this run cannot give the scenario what it needs; the reason to skip it.
    pub(crate) fn lacks(&self, plan: &Plan) -> Option<String> {
        let asked = plan.scenario.needs.iter().copied().chain(implied(plan));
        let lacking = asked.filter_map(|need| self.lacks_one(need)).next();
        let lacking = lacking.or_else(|| self.shared.abilities().lack_for(&plan.scenario.spec));
        let lacking = lacking.or_else(|| self.cannot_set(plan)).or_else(|| self.cannot_stand(plan));
        let lacking = lacking.or_else(|| self.storage.as_ref().and_then(|_| foreign::lacks(plan)));
        lacking.or_else(|| self.cannot_run(plan)).or_else(|| self.is_newer(plan))
    }

    /// Why the scenario's programs cannot be run or watched here. In CI one that is not installed is no reason: its step is an error.
    fn cannot_run(&self, plan: &Plan) -> Option<String> {
        let missing = programs(plan).into_iter().find(|program| find_program(program).is_none());
        let in_ci = std::env::var_os("CI").is_some();
        let missing = missing.filter(|_| !in_ci);
        let unseen = matches!(self.system, SystemChoice::Url { .. }) && runs_programs(plan);
        let missing = missing.map(|program| format!("needs `{program}`, which is not installed"));
        let deaf = !in_ci && programs(plan).contains(&"docker") && UnixStream::connect(DOCKER).is_err();
        let deaf = deaf.then(|| format!("needs a Docker daemon, and nobody listens at {DOCKER}"));
        missing.or(deaf).or_else(|| {
            unseen.then(|| "a program's calls to a registry that somebody else runs cannot be seen".to_owned())
        })
    }

    /// The reason to skip a scenario whose rules are all newer than the specification that is asked for.
    fn is_newer(&self, plan: &Plan) -> Option<String> {
        let rules: Vec<&Rule> = plan.scenario.spec.iter().filter_map(|id| Rule::find(id)).collect();
        let newer = !rules.is_empty() && rules.iter().all(|rule| rule.level_in(self.spec).is_none());
        newer.then(|| format!("version {} of the specification has no {}", self.spec, plan.scenario.spec.join(", ")))
    }

    fn lacks_one(&self, need: Need) -> Option<String> {
        if let Some(reason) = self.shared.abilities().lack(need) {
            return Some(reason);
        }
        let able = |system: Option<bool>, what: &str| match system {
            Some(true) => None,
            _ => Some(format!("{} {what}", self.system.name())),
        };
        let process = |need: Need| match &self.system {
            SystemChoice::Reference { .. } => Some(true),
            SystemChoice::Process(file) => Some(file.abilities.contains(&need)),
            SystemChoice::Url { .. } => Some(false),
        };
        let shared = |need: Need| match &self.system {
            // Nobody told us that a foreign registry cannot, so it is tried.
            SystemChoice::Url { .. } => Some(true),
            _ => process(need),
        };
        if self.denies(need) {
            return Some("such a registry cannot do that, and need not".to_owned());
        }
        // `delete` stands for deletes of every kind.
        let either = |need: Need, all: Need| Some(shared(need) == Some(true) || shared(all) == Some(true));
        match need {
            Need::Tcp if self.over == Over::Memory => Some("needs real sockets: run with --over tcp".to_owned()),
            Need::Memory if self.over == Over::Tcp => Some("needs virtual time: run in memory".to_owned()),
            Need::Tcp | Need::Memory => None,
            Need::Mock => match &self.system {
                SystemChoice::Url { s3_control: None, .. } => {
                    Some("needs the S3 mock: give its control address with --s3".to_owned())
                }
                SystemChoice::Process(file) if file.storage == StorageOf::Own => {
                    Some(format!("needs the S3 mock, and {} has a storage of its own", file.title))
                }
                _ => None,
            },
            Need::Restart => able(process(need), "cannot be restarted by us"),
            Need::Replicas => able(process(need), "cannot be started several times by us"),
            Need::Settings => able(process(need), "cannot be given settings"),
            Need::Cache => able(process(need), "has no descriptor cache"),
            Need::Gc => able(process(need), "cannot be told by us to collect garbage"),
            Need::Purge => able(process(need), "cannot be told by us to purge uploads"),
            Need::Delete => able(shared(need), "has deletes disabled"),
            Need::DeleteTag => able(either(need, Need::Delete), "cannot delete tags"),
            Need::DeleteManifest => able(either(need, Need::Delete), "cannot delete manifests"),
            Need::DeleteBlob => able(either(need, Need::Delete), "cannot delete blobs"),
            // The specification asks for it: a registry without it fails, unless its user says that it is not to be looked at.
            Need::Referrers => None,
            Need::Sha512 => able(shared(need), "does not take SHA-512"),
            Need::TagParameters => able(shared(need), "takes no tag parameters"),
            Need::Cancel => able(shared(need), "cannot cancel uploads"),
            Need::Catalog => able(shared(need), "does not list its repositories"),
            Need::Redirect => able(shared(need), "cannot redirect to storage"),
        }
    }

    /// Why the scenario's gateway or forward proxy cannot stand where it wants to.
    fn cannot_stand(&self, plan: &Plan) -> Option<String> {
        self.cannot_go_through(plan).or_else(|| self.cannot_stand_before(plan))
    }

    fn cannot_go_through(&self, plan: &Plan) -> Option<String> {
        let forward = plan.scenario.given.forward_proxy.as_ref()?;
        match (&self.system, forward.r#for) {
            (SystemChoice::Url { registry, .. }, ProxyUser::Client) => registry
                .starts_with("https:")
                .then(|| "requests to an https address pass a forward proxy unseen (`given.forward-proxy`)".to_owned()),
            (SystemChoice::Url { .. }, ProxyUser::Registry) => {
                Some("a running registry cannot be told of a forward proxy (`given.forward-proxy`)".to_owned())
            }
            (SystemChoice::Process(file), ProxyUser::Registry) if file.compose.is_some() => Some(format!(
                "the services of {} cannot be told of a forward proxy (`given.forward-proxy`)",
                file.title
            )),
            (SystemChoice::Process(file), ProxyUser::Registry) if file.storage == StorageOf::Own => {
                Some(format!("{} has a storage of its own, to which no proxy leads", file.title))
            }
            _ => None,
        }
    }

    fn cannot_stand_before(&self, plan: &Plan) -> Option<String> {
        let gateway = plan.scenario.given.gateway.as_ref()?;
        match &self.system {
            _ if gateway.tls && self.over == Over::Tcp => {
                Some("a gateway that speaks TLS stands in memory only: run without --over tcp".to_owned())
            }
            SystemChoice::Url { .. } if gateway.before == Before::Storage => {
                Some("the storage of a running registry cannot be given a gateway (`given.gateway`)".to_owned())
            }
            _ => None,
        }
    }

    /// True for an allowed behaviour of the reference registry that is the lack of an ability.
    fn denies(&self, need: Need) -> bool {
        let SystemChoice::Reference { allowed, .. } = &self.system else { return false };
        let name = serde_json::to_value(need).unwrap_or_default();
        let mut chosen = allowed.iter().filter_map(|id| shakedown_registry::allowed::find(id));
        chosen.any(|allowed| allowed.lacks.iter().any(|lacking| name == *lacking))
    }

    fn cannot_set(&self, plan: &Plan) -> Option<String> {
        let given = &plan.scenario.given;
        match &self.system {
            SystemChoice::Reference { .. } => None,
            _ if given.webhook.is_some() => {
                Some(format!("{} cannot be told by us whom to notify (`given.webhook`)", self.system.name()))
            }
            SystemChoice::Process(file) if file.storage == StorageOf::Own && given.s3 != S3Settings::default() => {
                Some(format!("{} has a storage of its own, which has no `given.s3`", file.title))
            }
            SystemChoice::Process(file) if changes_settings(plan) => {
                Some(format!("{} cannot be given other settings at a restart", file.title))
            }
            SystemChoice::Process(file) => cannot_set(file, &given.registry)
                .or_else(|| cannot_ask(file, &given.auth))
                .or_else(|| cannot_cache(file, given.cache))
                .or_else(|| cannot_pull_through(file, given.upstream.is_some())),
            SystemChoice::Url { .. } if given.upstream.is_some() => {
                Some(format!("{} cannot be given an upstream (`given.upstream`)", self.system.name()))
            }
            SystemChoice::Url { .. } if given.auth != AuthSpec::None => {
                Some(format!("{} cannot be given users (`given.auth`)", self.system.name()))
            }
            SystemChoice::Url { .. } if given.cache != CacheKind::None => {
                Some(format!("{} cannot be given a cache (`given.cache`)", self.system.name()))
            }
            SystemChoice::Url { .. } if given.registry != RegistrySettings::default() => {
                Some(format!("{} cannot be given settings (`given.registry`)", self.system.name()))
            }
            SystemChoice::Url { .. } if given.s3 != S3Settings::default() => {
                Some("the rules of a running S3 mock cannot be changed (`given.s3`)".to_owned())
            }
            SystemChoice::Url { .. } => None,
        }
    }
}

/// True if the registry is started again with other settings.
fn changes_settings(plan: &Plan) -> bool {
    let changes = |step: &Step| matches!(step, Step::Restart(step) if step.registry != RegistrySettings::default());
    plan.scenario.steps.iter().any(|step| any(step, &changes))
}

/// True if a step runs a program.
pub(crate) fn runs_programs(plan: &Plan) -> bool {
    let runs = |step: &Step| matches!(step, Step::Run(_));
    plan.scenario.steps.iter().chain(&plan.scenario.finally).any(|step| any(step, &runs))
}

/// The programs of all steps, as far as they are known before it runs.
pub(crate) fn programs(plan: &Plan) -> Vec<&str> {
    let mut found = Vec::new();
    for step in plan.scenario.steps.iter().chain(&plan.scenario.finally) {
        step.walk(&mut |step| {
            if let Step::Run(step) = step {
                found.extend(step.0.command.first().map(String::as_str).filter(|program| !program.contains("${")));
            }
        });
    }
    found
}

/// A first component of repositories that nobody else uses: last digits of the run's seed and of a number of its own.
pub(crate) fn prefix(seed: u64, own: u64) -> String {
    let last_digits = |number: u64| number & u64::from(u32::MAX);
    format!("sd-{:08x}{:08x}", last_digits(seed), last_digits(own))
}

/// True if the registry's front misbehaves at any time of the scenario.
pub(crate) fn has_front_faults(plan: &Plan) -> bool {
    let front = |faults: &[Fault]| faults.iter().any(|fault| fault.on == On::Registry);
    let set = |step: &Step| matches!(step, Step::Faults(step) if front(&step.set));
    front(&plan.scenario.faults) || plan.scenario.steps.iter().any(|step| any(step, &set))
}

/// Needs that follow from what the scenario does.
fn implied(plan: &Plan) -> impl Iterator<Item = Need> {
    let scenario = &plan.scenario;
    let faults = scenario.faults.iter().any(|fault| fault.on == On::S3);
    let steps = || scenario.steps.iter().chain(&scenario.finally);
    let mock = faults
        || steps().any(|step| {
            any(step, &|step| {
                matches!(
                    step,
                    Step::Storage(_)
                        | Step::StorageCalls(_)
                        | Step::Faults(_)
                        | Step::Audit(_)
                        | Step::Gc(_)
                        | Step::Purge(_)
                        | Step::Expire(_)
                )
            })
        });
    let restart = steps().any(|step| any(step, &|step| matches!(step, Step::Restart(_))));
    let replicas = scenario.given.replicas > 1;
    let gc = steps().any(|step| any(step, &|step| matches!(step, Step::Gc(_))));
    let cache = scenario.given.cache != CacheKind::None;
    let purge = steps().any(|step| any(step, &|step| matches!(step, Step::Purge(_) | Step::Expire(_))));
    [
        (cache, Need::Cache),
        (gc, Need::Gc),
        (purge, Need::Purge),
        (mock, Need::Mock),
        (restart, Need::Restart),
        (replicas, Need::Replicas),
    ]
    .into_iter()
    .filter_map(|(is, need)| is.then_some(need))
}

/// True if `test` holds for the step or for one within it.
fn any(step: &Step, test: &dyn Fn(&Step) -> bool) -> bool {
    let mut found = false;
    step.walk(&mut |step| found |= test(step));
    found
}
