//! `shakedown serve registry --fault SCENARIO`: the world of a scenario, for a client by hand; `shakedown watch` shows what it does.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use shakedown_engine::{Over, RunOptions, Standing, SystemChoice};
use shakedown_scenario::Plan;
use shakedown_wire::{Body, Party, Request, Response};
use tokio::sync::{mpsc, oneshot};

use super::{RegistryArgs, Signals, listen};
use crate::exit::Exit;
use crate::library::{self, Selection};
use crate::output::{Failure, Output};

/// Questions that wait to be answered.
const QUESTIONS: usize = 16;

/// What the control interface asks of the world, which is not to be shared between threads.
enum Question {
    /// All calls so far, as JSON.
    Calls(oneshot::Sender<String>),
    /// An event happened.
    Event(String, oneshot::Sender<Result<(), String>>),
}

/// The scenario that `--fault` names, if it is one.
pub(super) fn plan(args: &RegistryArgs, output: &Output) -> Result<Option<Plan>, Failure> {
    let Some(name) = args.faults.faults.as_deref().filter(|name| is_scenario(name)) else {
        return match (&args.case, args.control) {
            (None, None) => Ok(None),
            _ => Err(Failure::usage("--case and --control are for a scenario: name its file with --fault")),
        };
    };
    let paths = [PathBuf::from(name)];
    let mut plans = library::load_valid(&Selection { paths: &paths, ..Selection::default() }, output)?;
    let cases: Vec<_> = plans.iter().filter_map(|plan| plan.case.clone()).collect();
    let wanted = match &args.case {
        None => 0,
        Some(case) => cases
            .iter()
            .position(|known| known == case)
            .ok_or_else(|| Failure::usage(format!("{name} has no case `{case}`; there are: {}", cases.join(", "))))?,
    };
    if args.s3_endpoint.is_some()
        || args.gc_every.is_some()
        || args.soft_delete
        || args.no_delete
        || args.auth.is_given()
    {
        return Err(Failure::usage(
            "a scenario brings its own storage, users and settings: with it only --listen, --case, --control, --seed, --spec, --defect and --allow are used",
        ));
    }
    Ok(Some(plans.swap_remove(wanted)))
}

/// True for a scenario file, here or built in, rather than a list of faults.
fn is_scenario(name: &str) -> bool {
    let text = std::fs::read_to_string(Path::new(name)).ok();
    let text = text.as_deref().or_else(|| library::built_in(name));
    text.is_some_and(|text| text.lines().any(|line| line.starts_with("steps:")))
}

/// Serves until a signal.
pub(super) async fn serve(
    plan: &Plan,
    args: &RegistryArgs,
    mut signals: Signals,
    output: &Output,
) -> Result<Exit, Failure> {
    let system = SystemChoice::Reference { defects: args.defects.clone(), allowed: args.allowed.clone() };
    system.check().map_err(Failure::usage)?;
    let options =
        RunOptions { system, over: Over::Tcp, seed: args.faults.seed, spec: args.spec, ..RunOptions::default() };
    let world = Standing::start(plan, &options, args.listen).await.map_err(Failure::environment)?;
    let (ask, mut asked) = mpsc::channel(QUESTIONS);
    let control = match args.control {
        Some(address) => Some(control_server(address, ask).await?),
        None => None,
    };
    let mut ready = format!("ready: registry on {} (as in {})", world.base(), plan.id);
    if let Some(proxy) = world.proxy() {
        ready.push_str(&format!(", through HTTP_PROXY={proxy}"));
    }
    if let Some(control) = &control {
        ready.push_str(&format!(", watch it with: shakedown watch {}", control.base_uri()));
    }
    for (user, password) in world.logins() {
        output.line(&format!("login: {user} {password}"));
    }
    for (name, folder) in world.layouts() {
        output.line(&format!("image {name}: oci:{}:1", folder.display()));
    }
    output.line(&ready);
    loop {
        tokio::select! {
            biased;
            () = signals.next() => break,
            question = asked.recv(), if control.is_some() => match question {
                Some(question) => answer(&world, question).await,
                None => break,
            },
        }
    }
    if let Some(control) = control {
        control.shutdown().await;
    }
    world.stop().await;
    output.note("stopped");
    Ok(Exit::Passed)
}

async fn answer(world: &Standing, question: Question) {
    // Who asked may be gone: that is theirs to do.
    match question {
        Question::Calls(reply) => {
            let calls = serde_json::to_string(&world.calls().await).unwrap_or_default();
            let _ = reply.send(calls);
        }
        Question::Event(name, reply) => {
            let _ = reply.send(world.event(&name).await);
        }
    }
}

async fn control_server(
    address: SocketAddr,
    ask: mpsc::Sender<Question>,
) -> Result<shakedown_wire::server::Server, Failure> {
    super::must_be_loopback(address)?;
    let party = Party::from_fn(move |request: Request| {
        let ask = ask.clone();
        let (method, path) = (request.method().to_string(), request.uri().path().to_owned());
        async move { Ok(control(&method, &path, &ask).await) }
    });
    listen(address, party).await
}

/// `GET /calls` and `POST /events/NAME`.
async fn control(method: &str, path: &str, ask: &mpsc::Sender<Question>) -> Response {
    let gone = || (503, "the registry is being stopped\n".to_owned());
    let (status, text) = match (method, path) {
        ("GET", "/calls") => {
            let (reply, answer) = oneshot::channel();
            let sent = ask.send(Question::Calls(reply)).await.is_ok();
            match answer.await {
                Ok(calls) if sent => (200, calls),
                _ => gone(),
            }
        }
        ("POST", path) if path.starts_with("/events/") => {
            let (reply, answer) = oneshot::channel();
            let sent = ask.send(Question::Event(path["/events/".len()..].to_owned(), reply)).await.is_ok();
            match answer.await {
                Ok(Ok(())) if sent => (200, "done\n".to_owned()),
                Ok(Err(error)) => (503, format!("{error}\n")),
                _ => gone(),
            }
        }
        _ => (404, "GET /calls: all calls so far; POST /events/NAME: the event NAME happened\n".to_owned()),
    };
    let mut response = http::Response::new(Body::full(text));
    *response.status_mut() = http::StatusCode::from_u16(status).expect("a status of ours");
    response
}
