//! Every client call was answered with one of these statuses. A lost connection is no answer.

use shakedown_scenario::expect::AnswerRule;
use shakedown_wire::Exchange;

use super::{Evidence, no_answer};
use crate::expect::Checks;
use crate::expect::answer::describe_set;

pub(super) const NAME: &str = "only-answers";

pub(super) fn check(rule: &AnswerRule, evidence: &Evidence<'_>, checks: &mut Checks) {
    let is_wrong = |call: &&Exchange| {
        let allowed = call.response.as_ref().is_some_and(|response| rule.status.matches(response.status));
        call.error.is_some() || !allowed
    };
    no_answer::judge(NAME, &describe_set(&rule.status), rule, evidence, is_wrong, checks);
}

#[cfg(test)]
mod tests {
    use super::super::testing::{World, front, run};
    use shakedown_reports::Verdict;
    use shakedown_wire::Exchange;

    #[tokio::test]
    async fn other_statuses_and_lost_connections_are_found() {
        let mut world = World::default();
        world.run.front = vec![front("GET", "/v2/", 200), front("GET", "/v2/x", 404)];
        let [passed] = run("only-answers: { status: [2xx, 404] }", &world).await.try_into().unwrap();
        assert_eq!(passed.verdict, Verdict::Passed);
        let [failed] = run("only-answers: { status: 2xx }", &world).await.try_into().unwrap();
        assert_eq!((failed.verdict, failed.at.as_str()), (Verdict::Failed, "GET /v2/x"));
        let lost = Exchange { error: Some("the connection was reset".into()), ..front("GET", "/v2/", 200) };
        world.run.front.push(lost);
        let [failed] = run("only-answers: { status: [2xx, 404] }", &world).await.try_into().unwrap();
        assert_eq!(failed.actual, "200, then the connection was reset");
    }
}
