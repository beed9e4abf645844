//! What one scenario of a run needs to know of the run, and whether the run can give it what it needs.

use std::collections::BTreeMap;

use shakedown_faults::{Fault, On};
use shakedown_scenario::steps::Step;
use shakedown_scenario::{Need, Plan, RegistrySettings, S3Settings};

use crate::content::derive;
use crate::lifeline::CallBudget;
use crate::limits::Limits;
use crate::options::{Interrupt, Over, RunOptions};
use crate::systems::{SystemChoice, cannot_set};

/// One scenario's view of the run.
#[derive(Debug, Clone)]
pub(crate) struct Setup {
    /// The system.
    pub(crate) system: SystemChoice,
    /// The transport.
    pub(crate) over: Over,
    /// The run's seed.
    pub(crate) seed: u64,
    /// Values for system files.
    pub(crate) vars: BTreeMap<String, String>,
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
    pub(crate) fn new(options: &RunOptions, plan: &Plan) -> Self {
        let over = options.transport();
        let limits = Limits::of(&plan.scenario, over);
        Self {
            system: options.system.clone(),
            over,
            seed: options.seed,
            vars: options.vars.clone(),
            interrupt: options.interrupt.clone(),
            limits,
            budget: CallBudget::new(limits.calls),
            secrets: options.secrets.iter().chain(&plan.secrets).cloned().collect(),
        }
    }

    /// A number for one purpose of this scenario, the same in every run with this seed.
    pub(crate) fn derive(&self, plan: &Plan, purpose: &str) -> u64 {
        derive(self.seed, &[&plan.id, purpose])
    }

    /// The repository, on systems that are shared with others under a prefix of this run (the seed's last 8 digits) and this scenario:
    /// what another one left behind is not mistaken for its own.
    pub(crate) fn repository(&self, plan: &Plan, given: &str) -> String {
        let last_digits = |number: u64| number & u64::from(u32::MAX);
        match self.system {
            SystemChoice::Url { .. } => {
                let (run, scenario) = (last_digits(self.seed), last_digits(self.derive(plan, "repository")));
                format!("sd-{run:08x}{scenario:08x}/{given}")
            }
            SystemChoice::Reference { .. } | SystemChoice::Process(_) => given.to_owned(),
        }
    }

    /// Why this run cannot give the scenario what it needs; the reason to skip it.
    pub(crate) fn lacks(&self, plan: &Plan) -> Option<String> {
        let asked = plan.scenario.needs.iter().copied().chain(implied(plan));
        asked.filter_map(|need| self.lacks_one(need)).next().or_else(|| self.cannot_set(plan))
    }

    fn lacks_one(&self, need: Need) -> Option<String> {
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
        match need {
            Need::Tcp if self.over == Over::Memory => Some("needs real sockets: run with --over tcp".to_owned()),
            Need::Memory if self.over == Over::Tcp => Some("needs virtual time: run in memory".to_owned()),
            Need::Tcp | Need::Memory => None,
            Need::Mock => {
                let bare = matches!(self.system, SystemChoice::Url { s3_control: None, .. });
                bare.then(|| "needs the S3 mock: give its control address with --s3".to_owned())
            }
            Need::Restart => able(process(need), "cannot be restarted by us"),
            Need::Settings => able(process(need), "cannot be given settings"),
            Need::Delete => able(shared(need), "has deletes disabled"),
            Need::Redirect => able(shared(need), "cannot redirect to storage"),
        }
    }

    fn cannot_set(&self, plan: &Plan) -> Option<String> {
        let given = &plan.scenario.given;
        match &self.system {
            SystemChoice::Reference { .. } => None,
            SystemChoice::Process(file) => cannot_set(file, &given.registry),
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
        || steps()
            .any(|step| any(step, &|step| matches!(step, Step::Storage(_) | Step::StorageCalls(_) | Step::Faults(_))));
    let restart = steps().any(|step| any(step, &|step| matches!(step, Step::Restart(_))));
    [(mock, Need::Mock), (restart, Need::Restart)].into_iter().filter_map(|(is, need)| is.then_some(need))
}

/// True if `test` holds for the step or for one within it.
fn any(step: &Step, test: &dyn Fn(&Step) -> bool) -> bool {
    let mut found = false;
    step.walk(&mut |step| found |= test(step));
    found
}
