//! The other half of the self-test: `qualify` on each quirk profile of the mock, where exactly the probes must fail that the profile names.
//! Not here: the profiles (`shakedown-s3`), the probes (`shakedown-probe`).

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::sync::atomic::{AtomicUsize, Ordering};

use shakedown_engine::Interrupt;
use shakedown_probe::{Level, Plan, Stop, Target, Transport, Verdict, qualify};
use shakedown_registry::Credentials;
use shakedown_s3::profiles::{Profile, profiles};
use shakedown_s3::{Credential, S3Config, S3Mock};
use shakedown_wire::Clock;

/// The bucket of each mock.
const BUCKET: &str = "lab";
/// Keys of each mock; it lives in this process only.
const KEYS: (&str, &str) = ("AKLAB", "in-this-process-only");
/// Randomness of names and contents.
const SEED: u64 = 7;

/// What came of one profile.
#[derive(Debug, PartialEq, Eq, serde::Serialize)]
pub(super) struct Row {
    /// The profile.
    pub(super) profile: String,
    /// Probes that failed.
    pub(super) failed: BTreeSet<String>,
    /// Probes that failed and should not have.
    pub(super) more: BTreeSet<String>,
    /// Probes that should have failed and did not.
    pub(super) fewer: BTreeSet<String>,
    /// Why it could not be asked, if it could not.
    pub(super) unable: Option<String>,
}

impl Row {
    /// It fails exactly its probes.
    pub(super) fn is_right(&self) -> bool {
        self.more.is_empty() && self.fewer.is_empty() && self.unable.is_none()
    }

    fn line(&self) -> String {
        let list = |ids: &BTreeSet<String>| ids.iter().map(String::as_str).collect::<Vec<_>>().join(", ");
        let mut wrong = Vec::new();
        for (what, ids) in [("FAILED THOUGH IT SHOULD NOT", &self.more), ("PASSED THOUGH IT SHOULD NOT", &self.fewer)] {
            if !ids.is_empty() {
                wrong.push(format!("{what}: {}", list(ids)));
            }
        }
        wrong.extend(self.unable.as_ref().map(|reason| format!("COULD NOT BE ASKED: {reason}")));
        if wrong.is_empty() { format!("fails {}", list(&self.failed)) } else { wrong.join("; ") }
    }
}

/// Asks all profiles at this level; what an interrupt cuts off is left out.
pub(super) fn ask(level: Level, interrupt: &Interrupt, done: impl Fn(&Row) + Sync) -> Vec<Row> {
    let (next, rows) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    std::thread::scope(|scope| {
        for _ in 0..std::thread::available_parallelism().map_or(1, std::num::NonZero::get) {
            scope.spawn(|| {
                while let Some(profile) = profiles().get(next.fetch_add(1, Ordering::Relaxed)) {
                    if interrupt.is_triggered() {
                        return;
                    }
                    let row = row(profile, level);
                    done(&row);
                    rows.lock().unwrap_or_else(PoisonError::into_inner).push(row);
                }
            });
        }
    });
    let mut rows = rows.into_inner().unwrap_or_else(PoisonError::into_inner);
    rows.sort_by(|one, other| one.profile.cmp(&other.profile));
    rows
}

/// One profile in memory and in virtual time.
fn row(profile: &Profile, level: Level) -> Row {
    let fails = &profile.fails;
    let lists = [&fails.quick, &fails.standard, &fails.heavy];
    let due: BTreeSet<String> = lists[..=level as usize].iter().copied().flatten().cloned().collect();
    let (failed, unable) = match failed(profile, level) {
        Ok(failed) => (failed, None),
        Err(reason) => (BTreeSet::new(), Some(reason)),
    };
    let difference = |one: &BTreeSet<String>, other: &BTreeSet<String>| one.difference(other).cloned().collect();
    let (more, fewer) = match unable {
        None => (difference(&failed, &due), difference(&due, &failed)),
        Some(_) => Default::default(),
    };
    Row { profile: profile.name.to_owned(), more, fewer, failed, unable }
}

fn failed(profile: &Profile, level: Level) -> Result<BTreeSet<String>, String> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build();
    let runtime = runtime.map_err(|error| error.to_string())?;
    runtime.block_on(async {
        let clock = Clock::virtual_time();
        let mut config = S3Config::with_bucket(BUCKET, Credential::new(KEYS.0, KEYS.1));
        config.journal = 0;
        profile.settings.apply(&mut config);
        let mock = S3Mock::new(config, clock.clone(), SEED);
        mock.injector().replace(profile.faults.clone(), SEED);
        let target = Target {
            endpoint: http::Uri::from_static("http://s3.test"),
            bucket: BUCKET.to_owned(),
            region: "us-east-1".to_owned(),
            credentials: Credentials {
                access_key: KEYS.0.to_owned(),
                secret_key: KEYS.1.to_owned(),
                session_token: None,
            },
            registry: None,
            public: None,
            behind: None,
        };
        let transport = Transport { pooled: mock.party(), fresh: mock.party(), sockets: false };
        let plan = Plan::new(level, SEED);
        let report = qualify(target, transport, clock, plan, &Stop::default(), &|_, _, _| {}).await;
        let report = report.map_err(|unable| unable.to_string())?;
        Ok(report.ids(Verdict::Failed).into_iter().map(str::to_owned).collect())
    })
}

/// The rows and a line of totals.
pub(super) fn show(rows: &[Row]) -> String {
    let mut text = String::new();
    let width = rows.iter().map(|row| row.profile.len()).max().unwrap_or(0);
    for row in rows {
        let _ = writeln!(text, "{:width$}  {}", row.profile, row.line());
    }
    let right = rows.iter().filter(|row| row.is_right()).count();
    let _ =
        writeln!(text, "{right} of {} quirk profiles fail exactly the probes of `qualify` that they name", rows.len());
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_profile_that_says_something_else_is_told() {
        let profile = profiles().iter().find(|profile| profile.name == "gcs-no-multidelete").expect("it is there");
        assert!(row(profile, Level::Quick).is_right());
        let mut other = profile.clone();
        let missing = other.fails.quick.pop().expect("it fails something");
        other.fails.quick.push("obj.put".to_owned());
        let row = row(&other, Level::Quick);
        assert!(!row.is_right());
        let line = row.line();
        assert!(line.contains(&format!("FAILED THOUGH IT SHOULD NOT: {missing}")), "{line}");
        assert!(line.contains("PASSED THOUGH IT SHOULD NOT: obj.put"), "{line}");
        assert!(show(&[row]).contains("0 of 1 quirk profiles"));
    }
}
