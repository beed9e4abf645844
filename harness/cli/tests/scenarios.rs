//! One named trial per scenario: the shipped files on the reference registry, in memory and virtual time, or over TCP where
//! a scenario needs real sockets.
//! `cargo test --test scenarios async` runs those whose name contains `async`.

use libtest_mimic::{Arguments, Failed, Trial};
use shakedown_cli::library::{self, Selection};
use shakedown_engine::{Over, RunOptions};
use shakedown_reports::{Options, Verdict, terminal};
use shakedown_scenario::{Need, Plan};

fn main() -> std::process::ExitCode {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    std::env::set_current_dir(root).expect("the workspace root exists");
    let loaded = library::load(&Selection::default()).unwrap_or_else(|failure| panic!("{}", failure.message));
    assert!(loaded.problems.is_empty(), "{}", shakedown_scenario::render(&loaded.problems, false));
    assert!(loaded.plans.len() > 36, "only {} scenarios were found", loaded.plans.len());
    let trials = loaded.plans.into_iter().map(|plan| Trial::test(plan.id.clone(), move || trial(plan))).collect();
    libtest_mimic::run(&Arguments::from_args(), trials).exit_code()
}

fn trial(plan: Plan) -> Result<(), Failed> {
    let over = if plan.scenario.needs.contains(&Need::Tcp) { Over::Tcp } else { Over::Memory };
    let report =
        shakedown_engine::run(vec![plan], RunOptions { over, jobs: 1, ..RunOptions::default() }, |_| {}).report;
    let scenario = report.scenarios.first().ok_or("nothing ran")?;
    match scenario.verdict {
        Verdict::Passed => Ok(()),
        _ => {
            let mut text = String::new();
            terminal::failure(&report.run, scenario, &Options::default(), &mut text)?;
            Err(text.into())
        }
    }
}
