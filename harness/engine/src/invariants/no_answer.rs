//! No client call was answered with one of these statuses.

use shakedown_scenario::expect::AnswerRule;
use shakedown_wire::Exchange;

use super::{Evidence, answer, place};
use crate::expect::Checks;
use crate::expect::answer::describe_set;

pub(super) const NAME: &str = "no-answer";

pub(super) fn check(rule: &AnswerRule, evidence: &Evidence<'_>, checks: &mut Checks) {
    let is_wrong =
        |call: &&Exchange| call.response.as_ref().is_some_and(|response| rule.status.matches(response.status));
    judge(NAME, &format!("none with {}", describe_set(&rule.status)), rule, evidence, is_wrong, checks);
}

/// One failed check per wrong call, or one that passed.
pub(super) fn judge(
    name: &str,
    expected: &str,
    rule: &AnswerRule,
    evidence: &Evidence<'_>,
    is_wrong: impl Fn(&&Exchange) -> bool,
    checks: &mut Checks,
) {
    let is_meant =
        |call: &&Exchange| rule.method.is_empty() || rule.method.iter().any(|method| *method == call.request.method);
    let meant: Vec<_> = evidence.run.front.iter().filter(is_meant).collect();
    let mut wrong: Vec<_> = meant.iter().copied().filter(is_wrong).collect();
    let expected = match rule.at_most {
        0 => expected.to_owned(),
        most => format!("{expected}, but for {most}"),
    };
    let expected = expected.as_str();
    if wrong.len() <= rule.at_most as usize {
        wrong.clear();
    }
    for call in wrong.iter().take(MOST) {
        checks.at = place(call);
        checks.trace = call.trace;
        checks.note(false, name, expected, answer(call));
    }
    checks.at = format!("{} client calls", meant.len());
    checks.trace = None;
    if wrong.is_empty() {
        checks.note(true, name, expected, "none");
    } else if wrong.len() > MOST {
        checks.note(false, name, expected, format!("{} more", wrong.len() - MOST));
    }
}

/// Calls that get a check of their own.
const MOST: usize = 10;

#[cfg(test)]
mod tests {
    use super::super::testing::{World, front, run};
    use shakedown_reports::Verdict;

    #[tokio::test]
    async fn a_forbidden_status_is_found_and_others_pass() {
        let mut world = World::default();
        world.run.front = vec![front("GET", "/v2/", 200), front("PATCH", "/v2/a/blobs/uploads/1", 503)];
        let [failed] = run("no-answer: { status: 5xx }", &world).await.try_into().unwrap();
        assert_eq!((failed.verdict, failed.actual.as_str()), (Verdict::Failed, "503"));
        assert_eq!(failed.at, "PATCH /v2/a/blobs/uploads/1");
        let [excused] = run("no-answer: { status: 5xx, at-most: 1 }", &world).await.try_into().unwrap();
        assert_eq!((excused.verdict, excused.expected.as_str()), (Verdict::Passed, "none with 5xx, but for 1"));
        let [passed] = run("no-answer: { status: 5xx, method: GET }", &world).await.try_into().unwrap();
        assert_eq!(passed.verdict, Verdict::Passed);
    }
}
