//! Steps, one function per kind that has something to check.

use shakedown_faults::Span;
use shakedown_oci::{Digest, Reference, RepositoryName};

use super::{Report, auth, client, expect, peers, upstream, world};
use crate::CacheKind;
use crate::expect::StatusSet;
use crate::problem::shown;
use crate::read::tree::Seg::{self, Item, Key};
use crate::steps::{
    BlobStep, BodySource, CacheStep, Capture, DeleteStep, HttpStep, Mode, MountStep, Outcome, PullStep, PushStep,
    ReferrersStep, RestartStep, Step, StorageStep, TagsStep,
};

/// Methods of requests.
const METHODS: [&str; 9] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT"];
/// Most rounds of `repeat`.
const ROUNDS: u32 = 10_000;
/// Most foreign uploads that a step opens.
const FOREIGN: u32 = 5_000;

pub(super) type Way<'w> = Vec<Seg<'w>>;

pub(super) fn below<'w>(way: &[Seg<'w>], more: &[Seg<'w>]) -> Way<'w> {
    way.iter().chain(more).copied().collect()
}

pub(super) fn check(report: &mut Report<'_>) {
    let scenario = report.subject.scenario;
    if scenario.steps.is_empty() && !report.subject.broken {
        report.add(
            &[Key("steps")],
            "there are no steps",
            "a scenario does at least one thing, e.g. `- pull: { ref: \"${repo}:1\" }`",
        );
    }
    list(report, &scenario.steps, &[Key("steps")]);
    list(report, &scenario.finally, &[Key("finally")]);
}

fn list(report: &mut Report<'_>, steps: &[Step], way: &[Seg<'_>]) {
    for (index, step) in steps.iter().enumerate() {
        one(report, step, &below(way, &[Item(index)]));
    }
}

fn second_site(report: &mut Report<'_>, way: &[Seg<'_>]) {
    let is_there = report.subject.scenario.given.other.is_some();
    report.must(is_there, way, "there is no other registry", "let there be one: `given: { other: {} }`");
}

fn branches(report: &mut Report<'_>, branches: &[Vec<Step>], way: &[Seg<'_>]) {
    nonempty(report, branches.len(), way, "branches");
    for (branch, steps) in branches.iter().enumerate() {
        let way = below(way, &[Item(branch)]);
        nonempty(report, steps.len(), &way, "steps");
        list(report, steps, &way);
    }
}

fn one(report: &mut Report<'_>, step: &Step, way: &[Seg<'_>]) {
    match step {
        Step::Http(step) => http(report, step, &below(way, &[Key("http")])),
        Step::Push(step) => push(report, step, &below(way, &[Key("push")])),
        Step::Pull(step) => pull(report, step, &below(way, &[Key("pull")])),
        Step::Blob(step) => blob(report, step, &below(way, &[Key("blob")])),
        Step::Mount(step) => mount(report, step, &below(way, &[Key("mount")])),
        Step::Delete(step) => delete(report, step, &below(way, &[Key("delete")])),
        Step::Copy(_) => second_site(report, &below(way, &[Key("copy")])),
        Step::Compare(_) => second_site(report, &below(way, &[Key("compare")])),
        Step::Tags(step) => tags(report, step, &below(way, &[Key("tags")])),
        Step::Referrers(step) => referrers(report, step, &below(way, &[Key("referrers")])),
        Step::Parallel(step) => branches(report, &step.branches, &below(way, &[Key("parallel"), Key("branches")])),
        Step::As(step) => {
            let way = below(way, &[Key("as")]);
            auth::acting(report, step, &below(&way, &[Key("user")]));
            inner(report, &step.steps, &way);
        }
        Step::Repeat(step) => {
            let way = below(way, &[Key("repeat")]);
            let right = (1..=ROUNDS).contains(&step.times);
            report.must(
                right,
                &below(&way, &[Key("times")]),
                format!("`times` is {}", step.times),
                format!("repeat 1 to {ROUNDS} times"),
            );
            inner(report, &step.steps, &way);
        }
        Step::Eventually(step) => {
            let way = below(way, &[Key("eventually")]);
            positive(report, Some(step.within), &way, "within");
            positive(report, step.every, &way, "every");
            inner(report, &step.steps, &way);
        }
        Step::Advance(step) => positive(report, Some(step.by), &below(way, &[Key("advance")]), "by"),
        Step::Faults(step) => world::faults(report, &step.set, &below(way, &[Key("faults"), Key("set")])),
        Step::Event(step) => {
            let way = below(way, &[Key("event"), Key("name")]);
            report.must(!step.name.trim().is_empty(), &way, "an event needs a name", "e.g. `credentials-changed`");
        }
        Step::Storage(step) => storage(report, step, &below(way, &[Key("storage")])),
        Step::StorageCalls(step) => {
            for (index, rule) in step.expect.iter().enumerate() {
                expect::storage(report, rule, &below(way, &[Key("storage-calls"), Key("expect"), Item(index)]), true);
            }
        }
        Step::Run(step) => client::run(report, &step.0, &below(way, &[Key("run")])),
        Step::ClientCalls(step) => client::all(report, step, &below(way, &[Key("client-calls")])),
        Step::Expire(_) | Step::UpstreamCalls(_) => upstream::step(report, step, way),
        Step::Purge(step) => positive(report, Some(step.older_than), &below(way, &[Key("purge")]), "older-than"),
        Step::Gc(_) | Step::Audit(_) => {}
        Step::Cache(step) => cache(report, *step, &below(way, &[Key("cache")])),
        Step::Swift(step) => peers::swift(report, step, &below(way, &[Key("swift")])),
        Step::Webhook(step) => peers::webhook(report, step, &below(way, &[Key("webhook")])),
        Step::Restart(step) => restart(report, step, &below(way, &[Key("restart")])),
    }
}

fn restart(report: &mut Report<'_>, step: &RestartStep, way: &[Seg<'_>]) {
    let replicas = report.subject.scenario.given.replicas;
    report.must(
        step.replica.is_none_or(|replica| (1..=replicas).contains(&replica)),
        &below(way, &[Key("replica")]),
        "there is no such replica",
        "count from 1 to `given.replicas`",
    );
}

fn cache(report: &mut Report<'_>, step: CacheStep, way: &[Seg<'_>]) {
    let shared = report.subject.scenario.given.cache == CacheKind::Shared;
    report.must(shared, way, "there is no cache to act on", "let one stand: `given: { cache: shared }`");
    if let CacheStep::Hang(time) = step {
        positive(report, Some(time), way, "hang");
    }
}

fn tags(report: &mut Report<'_>, step: &TagsStep, way: &[Seg<'_>]) {
    if let Some(repository) = &step.of {
        world::repository(report, repository, &below(way, &[Key("of")]));
    }
    report.must(
        step.page != Some(0),
        &below(way, &[Key("page")]),
        "a page of 0 tags never ends",
        "give a page size of at least 1; `n=0` is for an `http` step",
    );
}

fn inner(report: &mut Report<'_>, steps: &[Step], way: &[Seg<'_>]) {
    let way = below(way, &[Key("steps")]);
    nonempty(report, steps.len(), &way, "steps");
    list(report, steps, &way);
}

fn nonempty(report: &mut Report<'_>, length: usize, way: &[Seg<'_>], what: &str) {
    if !report.subject.broken {
        report.must(length > 0, way, format!("there are no {what}"), "add some, or take this step out");
    }
}

pub(super) fn positive(report: &mut Report<'_>, span: Option<Span>, way: &[Seg<'_>], key: &str) {
    let zero = span.is_some_and(|span| span.0.is_zero());
    report.must(!zero, &below(way, &[Key(key)]), format!("`{key}` is no time at all"), "give a duration such as 2s");
}

fn http(report: &mut Report<'_>, step: &HttpStep, way: &[Seg<'_>]) {
    let method = &step.method;
    if !METHODS.contains(&method.as_str()) {
        let upper = method.to_ascii_uppercase();
        let help = match METHODS.iter().find(|known| **known == upper) {
            Some(known) => format!("methods are written in capitals: `{known}`"),
            None => format!("known: {}", METHODS.join(", ")),
        };
        report.add(&below(way, &[Key("method")]), format!("`{}` is not a method", shown(method)), help);
    }
    let path = &step.path;
    let right =
        ["/", "${", "http://", "https://"].iter().any(|start| path.starts_with(start)) && !path.contains([' ', '\n']);
    report.must(
        right,
        &below(way, &[Key("path")]),
        format!("`{}` is not a path", shown(path)),
        "begin with `/`, e.g. `/v2/${repo}/tags/list`, or with a captured location; encode spaces as %20",
    );
    for name in step.headers.keys() {
        header(report, name, &below(way, &[Key("headers"), Key(name)]));
    }
    match &step.body {
        Some(BodySource::Blob(text)) => blob_part(report, text, &below(way, &[Key("body"), Key("blob")])),
        Some(BodySource::Manifest(name)) => world::image(report, name, &below(way, &[Key("body"), Key("manifest")])),
        Some(BodySource::Text(_)) | None => {}
    }
    report.must(
        step.cut_at.is_none() || step.stall_at.is_none(),
        &below(way, &[Key("stall-at")]),
        "a body ends in one way",
        "take out `cut-at` or `stall-at`",
    );
    for (name, capture) in &step.capture {
        let way = below(way, &[Key("capture"), Key(name)]);
        match capture {
            Capture::Header(name) => header(report, name, &below(&way, &[Key("header")])),
            Capture::Json(pointer) => expect::pointer(report, pointer, &below(&way, &[Key("json")])),
        }
    }
    expect::answer(report, &step.expect, &below(way, &[Key("expect")]));
}

/// The name of a header (RFC 9110 section 5.1).
pub(super) fn header(report: &mut Report<'_>, name: &str, way: &[Seg<'_>]) {
    let token = |b: u8| b.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&b);
    let right = !name.is_empty() && name.bytes().all(token);
    report.must(
        right,
        way,
        format!("`{}` is not the name of a header", shown(name)),
        "letters, digits and `-`, without spaces and colons",
    );
}

/// `NAME` or `NAME@FIRST-LAST`.
fn blob_part(report: &mut Report<'_>, text: &str, way: &[Seg<'_>]) {
    let (name, part) = text.split_once('@').map_or((text, None), |(name, part)| (name, Some(part)));
    world::blob(report, name, way);
    let Some(part) = part else { return };
    let range =
        part.split_once('-').and_then(|(first, last)| Some((first.parse::<u64>().ok()?, last.parse::<u64>().ok()?)));
    let Some((first, last)) = range.filter(|(first, last)| first <= last) else {
        let help = "write the first and the last byte, both included: `NAME@0-99`";
        report.add(way, format!("`{}` is not a part of a blob", shown(part)), help);
        return;
    };
    let size = match report.subject.scenario.given.blobs.get(name) {
        Some(crate::BlobSpec::Size(size)) => size.0,
        Some(crate::BlobSpec::Text(text)) => u64::try_from(text.len()).unwrap_or(u64::MAX),
        None => return,
    };
    report.must(
        last < size,
        way,
        format!("bytes {first} to {last} of a blob of {size} bytes"),
        format!("the last byte is {}", size.saturating_sub(1)),
    );
}

fn push(report: &mut Report<'_>, step: &PushStep, way: &[Seg<'_>]) {
    world::image(report, &step.image, &below(way, &[Key("image")]));
    reference(report, &step.reference, &below(way, &[Key("as")]));
    mode(report, step.mode, way);
    outcome(report, &step.expect, way);
    positive(report, step.within, way, "within");
}

fn pull(report: &mut Report<'_>, step: &PullStep, way: &[Seg<'_>]) {
    reference(report, &step.reference, &below(way, &[Key("ref")]));
    if let Some(image) = &step.same_as {
        let way = below(way, &[Key("same-as")]);
        world::image(report, image, &way);
        let fails = matches!(step.expect, Outcome::Fails(_));
        report.must(!fails, &way, "what must fail cannot be the same as an image", "take out `same-as` or `expect`");
    }
    outcome(report, &step.expect, way);
    positive(report, step.within, way, "within");
}

fn blob(report: &mut Report<'_>, step: &BlobStep, way: &[Seg<'_>]) {
    world::blob(report, &step.blob, &below(way, &[Key("blob")]));
    if let Some(repository) = &step.to {
        world::repository(report, repository, &below(way, &[Key("to")]));
    }
    mode(report, step.mode, way);
    outcome(report, &step.expect, way);
    positive(report, step.within, way, "within");
}

fn mode(report: &mut Report<'_>, mode: Mode, way: &[Seg<'_>]) {
    if let Mode::Chunked(size) = mode {
        report.must(size.0 > 0, &below(way, &[Key("mode")]), "chunks of 0 bytes never end", "give a size such as 1MiB");
    }
}

fn outcome(report: &mut Report<'_>, outcome: &Outcome, way: &[Seg<'_>]) {
    let statuses: &StatusSet = match outcome {
        Outcome::Succeeds => return,
        Outcome::Fails(statuses) | Outcome::SucceedsOrFails(statuses) => statuses,
    };
    let good = statuses.iter().any(|pattern| pattern.matches(200) || pattern.matches(201) || pattern.matches(202));
    report.must(
        !good,
        &below(way, &[Key("expect")]),
        "a failure does not end with a 2xx",
        "give the statuses it may fail with, e.g. [500, 503]",
    );
}

fn mount(report: &mut Report<'_>, step: &MountStep, way: &[Seg<'_>]) {
    world::blob(report, &step.blob, &below(way, &[Key("blob")]));
    world::repository(report, &step.from, &below(way, &[Key("from")]));
    world::repository(report, &step.to, &below(way, &[Key("to")]));
}

fn delete(report: &mut Report<'_>, step: &DeleteStep, way: &[Seg<'_>]) {
    match (&step.reference, &step.blob) {
        (Some(text), None) => reference(report, text, &below(way, &[Key("ref")])),
        (None, Some(name)) => world::blob(report, name, &below(way, &[Key("blob")])),
        _ if report.subject.broken => {}
        _ => report.add(
            way,
            "a delete names exactly one of `ref` and `blob`",
            "write `ref: \"${repo}:1\"` or `blob: NAME`",
        ),
    }
}

fn referrers(report: &mut Report<'_>, step: &ReferrersStep, way: &[Seg<'_>]) {
    if let Some(repository) = &step.of {
        world::repository(report, repository, &below(way, &[Key("of")]));
    }
    if let Some(Err(error)) = report.subject.sample(&step.subject).map(|sample| sample.parse::<Digest>()) {
        let help = "name the subject by its digest, e.g. `${image.app.digest}`";
        report.add(&below(way, &[Key("subject")]), error.to_string(), help);
    }
}

/// `REPO:TAG` or `REPO@DIGEST`.
fn reference(report: &mut Report<'_>, text: &str, way: &[Seg<'_>]) {
    let Some(sample) = report.subject.sample(text) else { return };
    let help = "write `${repo}:TAG` or `${repo}@sha256:...`";
    let (repository, reference) = match sample.split_once('@') {
        Some((repository, digest)) => (repository.to_owned(), digest.to_owned()),
        None => match sample.rsplit_once(':') {
            Some((repository, tag)) => (repository.to_owned(), tag.to_owned()),
            None => return report.add(way, format!("`{}` has neither tag nor digest", shown(text)), help),
        },
    };
    if let Err(error) = repository.parse::<RepositoryName>() {
        report.add(way, error.to_string(), help);
    } else if let Err(error) = reference.parse::<Reference>() {
        report.add(way, error.to_string(), help);
    }
}

fn storage(report: &mut Report<'_>, step: &StorageStep, way: &[Seg<'_>]) {
    let (key, glob) = match step {
        StorageStep::SwapBucket { .. } | StorageStep::Remember(_) => return,
        StorageStep::Lose { key, percent } => {
            let way = below(way, &[Key("lose"), Key("percent")]);
            report.must((1..=100).contains(percent), &way, format!("{percent} per cent"), "lose 1 to 100 per cent");
            ("lose", key)
        }
        StorageStep::Write { key, .. } => ("write", key),
        StorageStep::Delete(glob) => ("delete", glob),
        StorageStep::Truncate { key, .. } => ("truncate", key),
        StorageStep::Corrupt { key, .. } => ("corrupt", key),
        StorageStep::ForeignUploads { count, .. } => {
            let right = (1..=FOREIGN).contains(count);
            let way = below(way, &[Key("foreign-uploads"), Key("count")]);
            return report.must(right, &way, format!("{count} foreign uploads"), format!("open 1 to {FOREIGN}"));
        }
    };
    report.must(
        !glob.is_empty(),
        &below(way, &[Key(key)]),
        "an empty pattern fits no key",
        "e.g. `**/_layers/**/link`",
    );
}
