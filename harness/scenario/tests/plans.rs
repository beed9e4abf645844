//! What becomes of a right file.

use shakedown_scenario::steps::Step;
use shakedown_scenario::{Loader, MapSource, Plan, Section};

fn plans(files: &[(&str, &str)]) -> Vec<Plan> {
    let source = files.iter().fold(MapSource::default(), |source, (path, text)| source.with(*path, *text));
    Loader::new(&source)
        .check(files[0].0)
        .unwrap_or_else(|problems| panic!("{}", shakedown_scenario::render(&problems, false)))
}

#[test]
fn a_matrix_is_one_plan_per_case() {
    let text = "title: Body ${case}\nfor-each:\n  json: { status: 404, body: '{}' }\n  empty: { status: 403, body: '' }\nsteps:\n- http: { method: GET, path: /v2/, body: { text: '${body}' }, expect: { status: '${status}' } }\n";
    let plans = plans(&[("bodies.yaml", text)]);
    assert_eq!(
        plans.iter().map(|p| (p.id.as_str(), p.line)).collect::<Vec<_>>(),
        [("bodies[json]", 3), ("bodies[empty]", 4)]
    );
    assert_eq!(plans[0].scenario.title, "Body json");
    let Step::Http(step) = &plans[1].scenario.steps[0] else { panic!() };
    assert!(step.expect.status.as_ref().unwrap().matches(403));
}

#[test]
fn steps_know_their_lines() {
    let text = "title: t\nsteps:\n- repeat:\n    times: 2\n    steps:\n    - restart\n- parallel:\n    branches:\n    - - restart\n    - - restart\n      - advance: { by: 1s }\nfinally:\n- restart\n";
    let plan = plans(&[("lines.yaml", text)]).remove(0);
    let line = |way: &[usize]| plan.lines.step(Section::Steps, way);
    assert_eq!((line(&[0]), line(&[0, 0]), line(&[1]), line(&[1, 1, 1])), (Some(3), Some(6), Some(7), Some(11)));
    assert_eq!(plan.lines.step(Section::Finally, &[0]), Some(13));
    assert_eq!(line(&[2]), None);
}

#[test]
fn variables_come_from_files_environment_and_command_line_in_this_order() {
    let source = MapSource::default()
        .with(
            "v.yaml",
            "title: '${a} ${b} ${c} ${d}'\ninclude: w.yaml\nvars: { b: file, c: file, d: file }\nsteps: [restart]\n",
        )
        .with("w.yaml", "vars: { a: world, b: world, c: world, d: world }\n");
    let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    let plans = Loader::new(&source)
        .environment([
            pair("SHAKEDOWN_VAR_c", "environment"),
            pair("SHAKEDOWN_VAR_d", "environment"),
            pair("PATH", "/bin"),
        ])
        .vars([pair("d", "flag")])
        .check("v.yaml")
        .unwrap();
    assert_eq!(plans[0].scenario.title, "world file environment flag");
}

#[test]
fn secrets_are_listed_and_never_shown() {
    let text = "title: t\nsteps:\n- http: { method: GET, path: /v2/, headers: { authorization: 'Bearer ${token}' } }\n";
    let source = MapSource::default().with("s.yaml", text).with("bad.yaml", text.replace("GET", "'${token}'"));
    let loader = Loader::new(&source).secrets([("token".to_owned(), "hunter2".to_owned())]);
    assert_eq!(loader.check("s.yaml").unwrap()[0].secrets, ["hunter2"]);
    let problems = loader.check("bad.yaml").unwrap_err();
    let shown = shakedown_scenario::render(&problems, false);
    assert!(shown.contains("<secret>") && !shown.contains("hunter2"), "{shown}");
}

#[test]
fn the_files_own_faults_come_first() {
    let plan = plans(&[
        ("f.yaml", "title: t\ninclude: w.yaml\nfaults: [{ on: s3, effect: reset }]\nsteps: [restart]\n"),
        ("w.yaml", "faults: [{ on: s3, effect: close }]\nafter: [no-orphan-uploads]\n"),
    ])
    .remove(0);
    assert_eq!(plan.scenario.faults.iter().map(|f| f.effect.name()).collect::<Vec<_>>(), ["reset", "close"]);
    assert_eq!(
        (plan.lines.faults[0].file.as_str(), plan.lines.faults[1].file.as_str(), plan.lines.after[0].line),
        ("f.yaml", "w.yaml", 2)
    );
}

#[test]
fn anchors_and_aliases_are_values() {
    let text =
        "title: t\ngiven:\n  images:\n    a: &image { layers: [{ size: 1KiB }] }\n    b: *image\nsteps: [restart]\n";
    let plan = plans(&[("a.yaml", text)]).remove(0);
    assert_eq!(plan.scenario.given.images["a"], plan.scenario.given.images["b"]);
}
