//! `shakedown watch`: what a client does against `serve registry --fault SCENARIO --control ADDR`, while it does it.

use std::collections::BTreeSet;
use std::time::Duration;

use shakedown_reports::{Call, terminal};
use shakedown_wire::{Body, network};

use super::Signals;
use crate::exit::Exit;
use crate::output::{Failure, Output};
use crate::progress;

/// Pause between two looks: what is shown is for eyes.
const EVERY: Duration = Duration::from_millis(200);
/// Bytes of calls that are read at most.
const LIMIT: usize = 256 << 20;

/// Show live what a client does against a registry served with a scenario, and the storage calls it causes
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Example: shakedown serve registry --fault scenarios/clients/client-backs-off.yaml --control 127.0.0.1:5009 &
         shakedown watch http://127.0.0.1:5009
Each call of the client is shown when it has ended, with the storage calls it caused below it."
)]
pub struct Args {
    /// Control interface of the registry, as its ready line says
    #[arg(value_name = "URL", default_value = "http://127.0.0.1:5009", env = "SHAKEDOWN_WATCH")]
    control: String,
    /// Ends after the calls that have ended until now
    #[arg(long)]
    once: bool,
}

/// Watches until Ctrl-C, SIGTERM, or the end of the registry.
pub fn run(args: &Args, output: &Output) -> Result<Exit, Failure> {
    let runtime = super::one_thread()?;
    runtime.block_on(async {
        let mut signals =
            Signals::catch().map_err(|error| Failure::environment(format!("cannot catch signals: {error}")))?;
        let mut shown = Shown::default();
        loop {
            let calls = match calls(&args.control).await {
                Ok(calls) => calls,
                // It was there, so it has been ended; what could be seen was shown.
                Err(_) if shown.looks > 0 => return Ok(Exit::Passed),
                Err(reason) => return Err(Failure::environment(reason)),
            };
            shown.show(&calls, output);
            if args.once {
                return Ok(Exit::Passed);
            }
            tokio::select! {
                biased;
                () = signals.next() => return Ok(Exit::Passed),
                () = tokio::time::sleep(EVERY) => {}
            }
        }
    })
}

/// All calls so far.
async fn calls(control: &str) -> Result<Vec<Call>, String> {
    let failed = |reason: String| format!("nothing can be watched at {control}: {reason}");
    let uri = format!("{}/calls", control.trim_end_matches('/'));
    let request = http::Request::get(&uri).body(Body::empty()).map_err(|error| failed(error.to_string()))?;
    let client = network::client(&network::NetworkOptions::default());
    let answer = client.send(request).await.map_err(|error| failed(error.to_string()))?;
    let status = answer.status();
    let body = answer.into_body().collect(LIMIT).await.map_err(|error| failed(error.to_string()))?;
    if !status.is_success() {
        return Err(failed(format!("it answers {status}; give the address of --control")));
    }
    serde_json::from_slice(&body).map_err(|error| failed(format!("it answers something else: {error}")))
}

/// What stands on the screen already.
#[derive(Default)]
struct Shown {
    looks: u64,
    calls: BTreeSet<(u64, String, String, String)>,
}

impl Shown {
    /// Prints what is new and has ended: each client call with its storage calls, and storage calls of nobody alone.
    fn show(&mut self, calls: &[Call], output: &Output) {
        self.looks += 1;
        let origin_us = calls.first().map_or(0, |call| call.start_us);
        for (at, head) in calls.iter().enumerate().filter(|(_, call)| call.caused_by.is_none()) {
            let effects = calls.iter().filter(|call| call.caused_by == Some(at));
            let group: Vec<&Call> = std::iter::once(head).chain(effects).collect();
            let id = (head.start_us, head.to.clone(), head.method.clone(), head.uri.clone());
            if group.iter().any(|call| call.end_us.is_none()) || !self.calls.insert(id) {
                continue;
            }
            let group: Vec<Call> = group
                .into_iter()
                .enumerate()
                .map(|(place, call)| Call { caused_by: (place > 0).then_some(0), ..call.clone() })
                .collect();
            let mut text = String::new();
            terminal::live(&group, origin_us, &progress::options(output), &mut text)
                .expect("a String takes every text");
            output.print(&text);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn call(from: &str, at: u64, end_us: Option<u64>, caused_by: Option<usize>) -> Call {
        let json = serde_json::json!({
            "from": from, "to": if from == "client" { "registry" } else { "s3" }, "caused_by": caused_by, "start_us": at,
            "end_us": end_us, "method": "GET", "uri": "http://r/v2/", "request_headers": [], "response_headers": [],
            "request_body": { "bytes": 0, "excerpt": "", "complete": true }, "faults": [],
            "response_body": { "bytes": 0, "excerpt": "", "complete": true },
        });
        serde_json::from_value(json).expect("a call")
    }

    #[test]
    fn a_call_is_shown_once_and_when_it_and_what_it_caused_have_ended() {
        let output = Output { color: false, quiet: true, verbose: 0, unicode: false, width: 100, progress: false };
        let mut shown = Shown::default();
        shown.show(&[call("client", 0, Some(9), None), call("registry", 1, None, Some(0))], &output);
        assert_eq!(shown.calls.len(), 0, "a storage call still runs");
        let ended =
            [call("client", 0, Some(9), None), call("registry", 1, Some(5), Some(0)), call("client", 10, None, None)];
        shown.show(&ended, &output);
        shown.show(&ended, &output);
        assert_eq!((shown.calls.len(), shown.looks), (1, 3));
    }
}
