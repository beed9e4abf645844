//! `run` steps with programs that every machine has: how they end, what they find, what is seen of them.

mod common;

use common::{assert_passed, one, shown};
use shakedown_engine::{Over, RunOptions};
use shakedown_reports::{Party, ScenarioReport, Verdict};

fn over_tcp(steps: &str) -> ScenarioReport {
    let text = format!(
        "title: t\nneeds: [tcp]\ngiven:\n  images: {{ app: {{ layers: [{{ size: 10 }}] }} }}\n  auth: {{ basic: {{ users: {{ ann: {{}} }} }} }}\nsteps:\n{steps}"
    );
    one("programs", &text, &RunOptions { over: Over::Tcp, ..RunOptions::default() })
}

#[test]
fn a_program_ends_well_or_not_and_says_something() {
    assert_passed(&over_tcp("- run: [sh, -c, 'exit 0']\n"));
    assert_passed(&over_tcp(
        "- run: { command: [sh, -c, 'echo oh no >&2; exit 3'], expect: fails, says: oh no, lacks: oh yes }\n",
    ));
    assert_passed(&over_tcp("- run: { command: [sh, -c, 'exit 3'], expect: succeeds-or-fails }\n"));
    for (step, says) in [
        ("run: [sh, -c, 'echo oh no; exit 3']", "exit is exit status: 3: oh no, expected success"),
        ("run: { command: [sh, -c, 'exit 0'], expect: fails }", "exit is success, expected failure"),
        ("run: { command: [sh, -c, 'echo b'], says: a }", "output is b, expected contains `a`"),
        ("run: { command: [sh, -c, 'echo b'], lacks: b }", "output is b, expected does not contain `b`"),
        (
            "run: { command: [sleep, '600'], within: 200ms }",
            "exit is still running after 200ms, killed, expected success",
        ),
        ("run: { command: [sleep, '600'], within: 200ms, expect: fails }", "killed, expected failure"),
    ] {
        let report = over_tcp(&format!("- {step}\n"));
        assert_eq!(report.verdict, Verdict::Failed, "{step}\n{}", shown(&report));
        let reason = report.reason.unwrap_or_default();
        assert!(reason.contains(says), "{step}: {reason}");
    }
}

#[test]
fn it_runs_in_a_home_of_its_own_logged_in_as_who_acts() {
    let report = over_tcp(
        r#"- run: { command: [sh, -c, 'pwd; env; ls'], says: ["${scratch}", "HOME=${scratch}"], lacks: [CARGO, USER=] }
- run: [sh, -c, 'grep -q "$0" "$REGISTRY_AUTH_FILE" && cat "$REGISTRY_AUTH_FILE"', "${registry}"]
- as: { user: nobody, steps: [{ run: { command: [sh, -c, 'cat "$REGISTRY_AUTH_FILE"'], lacks: "${registry}" } }] }
- run: [test, -f, "${image.app.layout}/index.json"]
"#,
    );
    assert_passed(&report);
    let login = report.log.iter().find(|line| line.contains("\"auth\"")).expect("the program printed its login");
    assert!(login.starts_with("sh: "), "{login}");
    assert!(!login.contains("YW5u"), "the login is shown: {login}");
}

#[test]
fn what_a_program_sends_is_a_call_of_the_client_with_the_storage_calls_it_causes() {
    // The shell that every Debian has can open a socket; it is no client of ours and knows no trace ids.
    let get = r#"exec 3<>"/dev/tcp/${0%:*}/${0#*:}"; printf 'GET /v2/lab/app/tags/list HTTP/1.1\r\nHost: r\r\nConnection: close\r\nX-Own: 1\r\n\r\n' >&3; cat <&3"#;
    let text = format!(
        "title: t\nneeds: [tcp]\nsteps:\n- run: {{ command: [bash, -c, {get:?}, \"${{registry}}\"], says: HTTP/1.1 404 }}\n\
         - client-calls: {{ expect: [{{ method: GET, path: /v2/lab/app/tags/list, answered: 404, exactly: 1, headers: {{ x-own: \"1\", traceparent: {{ present: false }} }} }}] }}\n"
    )
    .replace("${0%", "$${0%")
    .replace("${0#", "$${0#");
    let report = one("socket", &text, &RunOptions { over: Over::Tcp, ..RunOptions::default() });
    assert_passed(&report);
    let call = report.calls.iter().position(|call| call.is_client()).expect("it was seen");
    assert_eq!((report.calls[call].from.as_str(), report.calls[call].to.as_str()), ("client", "registry"));
    assert!(report.calls.iter().any(|other| other.to == "s3" && other.caused_by == Some(call)), "{}", shown(&report));
}

#[test]
fn without_sockets_or_without_the_program_it_is_skipped_with_the_reason() {
    let text = "title: t\nneeds: [tcp]\nsteps:\n- run: [no-such-program, --version]\n";
    let memory = one("memory", text, &RunOptions::default());
    assert_eq!(
        (memory.verdict, memory.reason.as_deref()),
        (Verdict::Skipped, Some("needs real sockets: run with --over tcp"))
    );
    let missing = one("missing", text, &RunOptions { over: Over::Tcp, ..RunOptions::default() });
    let wanted = if std::env::var_os("CI").is_some() { Verdict::Error } else { Verdict::Skipped };
    assert_eq!(missing.verdict, wanted, "in CI a missing program is an error: {:?}", missing.reason);
    assert!(missing.reason.unwrap_or_default().contains("needs `no-such-program`, which is not installed"));
}

#[test]
fn a_program_that_believes_everything_is_to_blame() {
    let report = over_tcp("- run: { command: [sh, -c, 'exit 0'], expect: fails }\n");
    assert_eq!(report.blame.map(|blame| (blame.party, blame.rule)), Some((Party::Client, "client-conduct".to_owned())));
}
