//! What a step does, in a few words.

use shakedown_scenario::steps::{CacheStep, Site, Step, StorageStep, SwiftStep, WebhookStep};

use crate::vars::Vars;

/// Longest title in characters.
const LIMIT: usize = 100;

/// E.g. `push app as lab/app:1`. Values that are not known yet stay as `${name}`.
pub(crate) fn title(step: &Step, vars: &Vars) -> String {
    let fill = |text: &str| vars.fill(text).unwrap_or_else(|_| text.to_owned());
    let text = match step {
        Step::Http(step) => format!("{} {}", step.method, path_of(&fill(&step.path))),
        Step::Push(step) => format!("push {} as {}", step.image, fill(&step.reference)),
        Step::Pull(step) => format!("pull {}", fill(&step.reference)),
        Step::Blob(step) => match &step.to {
            Some(to) => format!("push blob {} to {}", step.blob, fill(to)),
            None => format!("push blob {}", step.blob),
        },
        Step::Mount(step) => format!("mount {} from {} to {}", step.blob, fill(&step.from), fill(&step.to)),
        Step::Copy(step) => {
            let from = if step.from == Site::Other { "from the other registry" } else { "to the other registry" };
            format!("copy {} {from}", fill(&step.reference))
        }
        Step::Compare(_) => "compare with the other registry".to_owned(),
        Step::Delete(step) => match (&step.reference, &step.blob) {
            (Some(reference), _) => format!("delete {}", fill(reference)),
            (None, blob) => format!("delete blob {}", blob.as_deref().unwrap_or_default()),
        },
        Step::Tags(step) => {
            format!("list tags{}", step.of.as_ref().map(|of| format!(" of {}", fill(of))).unwrap_or_default())
        }
        Step::Referrers(step) => format!("list what refers to {}", fill(&step.subject)),
        Step::Parallel(step) => match step.cut_after {
            Some(cut) => format!("{} branches at the same time, cut off after {cut}", step.branches.len()),
            None => format!("{} branches at the same time", step.branches.len()),
        },
        Step::As(step) => format!("as {}: {}", step.user, all(&step.steps, vars)),
        Step::Repeat(step) => format!("{} times: {}", step.times, all(&step.steps, vars)),
        Step::Eventually(step) => format!("within {}: {}", step.within, all(&step.steps, vars)),
        Step::Advance(step) => format!("let {} pass", step.by),
        Step::Restart(step) => {
            let what = step.replica.map_or_else(|| "the registry".to_owned(), |number| format!("replica {number}"));
            if step.kill { format!("kill {what} and start it again") } else { format!("restart {what}") }
        }
        Step::Faults(step) if step.set.is_empty() => "clear the faults".to_owned(),
        Step::Faults(step) => format!("set {} fault(s)", step.set.len()),
        Step::Event(step) => format!("event {}", step.name),
        Step::Storage(step) => storage(step, fill),
        Step::Cache(CacheStep::Flush) => "empty the cache".to_owned(),
        Step::Cache(CacheStep::Stop) => "stop the cache".to_owned(),
        Step::Cache(CacheStep::Start) => "start the cache".to_owned(),
        Step::Cache(CacheStep::Hang(time)) => format!("let the cache hang for {time}"),
        Step::Gc(_) => "collect garbage".to_owned(),
        Step::Expire(step) => format!("expire what was fetched longer than {} ago", step.older_than),
        Step::Purge(step) => format!("purge uploads older than {}", step.older_than),
        Step::Audit(_) => "audit the bucket".to_owned(),
        Step::StorageCalls(_) => "storage calls".to_owned(),
        Step::Run(step) => {
            format!("run {}", step.0.command.iter().map(|word| fill(word)).collect::<Vec<_>>().join(" "))
        }
        Step::Swift(step) => swift(step, fill),
        Step::Webhook(WebhookStep::Answers(answers)) => format!("the webhook sink: {answers:?}").to_lowercase(),
        Step::Webhook(WebhookStep::Received(_)) => "what the webhook sink was told".to_owned(),
        Step::ClientCalls(_) => "client calls".to_owned(),
        Step::UpstreamCalls(_) => "upstream calls".to_owned(),
    };
    if text.chars().count() <= LIMIT { text } else { text.chars().take(LIMIT - 3).chain("...".chars()).collect() }
}

fn all(steps: &[Step], vars: &Vars) -> String {
    steps.iter().map(|step| title(step, vars)).collect::<Vec<_>>().join(", ")
}

fn swift(step: &SwiftStep, fill: impl Fn(&str) -> String) -> String {
    match step {
        SwiftStep::Put(put) => format!("put {} into Swift as {}", put.blob, fill(&put.object)),
        SwiftStep::Get(get) => format!("get {} from Swift", fill(&get.object)),
        SwiftStep::RevokeTokens => "revoke all tokens of Swift".to_owned(),
    }
}

fn storage(step: &StorageStep, fill: impl Fn(&str) -> String) -> String {
    match step {
        StorageStep::SwapBucket { to: None } => "exchange the bucket for an empty one".to_owned(),
        StorageStep::SwapBucket { to: Some(name) } => format!("exchange the bucket for `{name}`"),
        StorageStep::Remember(name) => format!("remember the bucket as `{name}`"),
        StorageStep::Lose { key, percent } => format!("lose {percent} % of {} in the bucket", fill(key)),
        StorageStep::Write { key, .. } => format!("write into {} in the bucket", fill(key)),
        StorageStep::Delete(key) => format!("delete {} from the bucket", fill(key)),
        StorageStep::Truncate { key, to } => format!("cut {} down to {to} bytes in the bucket", fill(key)),
        StorageStep::Corrupt { key, at } => format!("corrupt byte {at} of {} in the bucket", fill(key)),
        StorageStep::ForeignUploads { count, prefix } => format!("open {count} foreign uploads under {}", fill(prefix)),
    }
}

/// A captured Location may be absolute and carry session state; the path says enough.
fn path_of(path: &str) -> &str {
    let path = path.split_once("://").and_then(|(_, rest)| rest.find('/').map(|at| &rest[at..])).unwrap_or(path);
    path.split_once("_state=").map_or(path, |(before, _)| before.trim_end_matches(['?', '&']))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn titles_say_what_is_done() {
        let vars = Vars::default();
        vars.set("repo", "lab/app");
        let title_of = |yaml: &str| title(&serde_saphyr::from_str::<Step>(yaml).expect(yaml), &vars);
        insta::assert_snapshot!(
            [
                title_of("push: { image: app, as: '${repo}:1' }"),
                title_of("http: { method: PATCH, path: 'http://r.test/v2/a/blobs/uploads/1?_state=abc' }"),
                title_of("repeat: { times: 3, steps: [{ advance: { by: 1s } }] }"),
                title_of("storage: { delete: '**/link' }"),
                title_of("restart: { kill: true }"),
            ]
            .join("\n"),
            @r"
        push app as lab/app:1
        PATCH /v2/a/blobs/uploads/1
        3 times: let 1s pass
        delete **/link from the bucket
        kill the registry and start it again
        "
        );
    }
}
