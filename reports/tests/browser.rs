//! The HTML pages in a real browser: they open from disk, ask nobody for anything, and what can be clicked works.

#[path = "browser/bench.rs"]
mod bench;
#[path = "browser/cdp.rs"]
mod cdp;

use std::path::Path;

use serde_json::json;
use shakedown_reports::{Format, LogFormat, LogLine, Options, Report, ScenarioReport, Totals, Verdict};

use cdp::Page;

const EVIL: &str = "</script><script>document.title='taken'</script><img src=x onerror=\"document.title='taken'\">";

/// The A01 failure of docker-registry 2.8.2, beside scenarios with other verdicts and one with hostile texts.
fn report(others: usize) -> Report {
    let mut report: Report = serde_json::from_str(include_str!("data/first-v1.json")).expect("a report");
    let said = "level=error msg=\"response completed with error\" err.detail=\"s3aws: Path not found\"";
    let said = LogFormat::Logfmt.parse(said).expect("a line of the log");
    let calls = &mut report.scenarios[0].calls;
    let listed = calls.iter_mut().rfind(|call| !call.is_client()).expect("a storage call");
    listed.log.push(LogLine { at_us: Some(listed.start_us + 500), ..said.clone() });
    let failed = report.scenarios[0].clone();
    for number in 0..others {
        report.scenarios.push(ScenarioReport {
            id: format!("other-{number}[case]"),
            verdict: Verdict::Passed,
            tags: vec!["pull".to_owned()],
            seen: vec!["B01".to_owned()],
            reason: None,
            blame: None,
            ..failed.clone()
        });
    }
    let mut evil =
        ScenarioReport { id: "evil".to_owned(), title: EVIL.to_owned(), log: vec![EVIL.to_owned()], ..failed };
    evil.reason = Some(EVIL.to_owned());
    evil.seen.clear();
    for call in &mut evil.calls {
        call.note = Some(EVIL.to_owned());
        call.log.push(LogLine { detail: Some(EVIL.to_owned()), ..said.clone() });
        call.response_body.excerpt = format!("{EVIL}\u{0}\u{1b}[2J\u{fffd}\u{202e}");
        call.response_headers.push((EVIL.to_owned(), EVIL.to_owned()));
    }
    report.scenarios.push(evil);
    report.totals = Totals::of(report.scenarios.iter().map(|scenario| scenario.verdict));
    report
}

fn page_of(report: &Report, dir: &Path) -> String {
    let file = dir.join("report.html");
    let text = Format::named("html").expect("a format").text(report, &Options::default());
    std::fs::write(&file, text).expect("writable");
    format!("file://{}", file.display())
}

#[test]
fn the_page_works_from_disk_without_network() {
    let Some(program) = cdp::chromium() else { return };
    let dir = tempfile::tempdir().unwrap();
    let url = page_of(&report(3), dir.path());
    let mut page = Page::start(program, dir.path());

    for (width, height) in [(390, 844), (1280, 800)] {
        first_screen(&mut page, &url, width, height);
    }

    filters(&mut page);
    timeline(&mut page);
    deep_links(&mut page, &url);
    paper_and_dark(&mut page);
    assert_eq!(
        page.value("document.title === 'taken' || document.images.length > 0"),
        json!(false),
        "hostile text is text"
    );
    assert_eq!(page.offences, Vec::<String>::new());
}

/// What happened, who is to blame and what to do, each said in full above the fold.
fn first_screen(page: &mut Page, url: &str, width: u32, height: u32) {
    let size = json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600 });
    page.call("Emulation.setDeviceMetricsOverride", size);
    page.open(url);
    let answers = page.value("[...document.querySelector('.answers').children].map((e) => e.innerText)");
    let expected: [&[&str]; 3] = [
        &["What happened", "An upload that S3 lists late", "PATCH", "was answered 500", "Put in on purpose", "2200ms"],
        &["Who is to blame", "Registry, provoked by storage", "finds its upload by listing"],
        &["What to do", "Keep the upload id"],
    ];
    for (number, words) in expected.iter().enumerate() {
        let answer = answers[number].as_str().unwrap();
        for word in *words {
            assert!(answer.contains(word), "the first screen does not say {word:?}: {answer}");
        }
    }
    let bottom = page.value("document.querySelector('.answers').getBoundingClientRect().bottom").as_f64().unwrap();
    assert!(bottom < f64::from(height), "at {width} px the answers end at {bottom} px: that is not the first screen");
}

fn shown(page: &mut Page) -> String {
    page.value("[...document.querySelectorAll('.scenario')].filter((e) => !e.hidden).map((e) => e.id).join(' ')")
        .as_str()
        .unwrap()
        .to_owned()
}

fn filters(page: &mut Page) {
    let all = shown(page);
    assert_eq!(all.split(' ').count(), 5, "{all}");
    for (name, value, expected) in [
        ("verdict", "passed", "other-0[case] other-1[case] other-2[case]"),
        ("tag", "pull", "other-0[case] other-1[case] other-2[case]"),
        ("blame", "registry", "async-multipart-create evil"),
        ("seen", "A01", "async-multipart-create"),
        ("text", "OTHER-1 late", "other-1[case]"),
        ("text", "nothing of the kind", ""),
    ] {
        page.value(&format!(
            "{{ const f = document.getElementById('ui:filters'); f.reset(); f.elements['{name}'].value = '{value}'; \
             f.dispatchEvent(new Event('input')); }} 0"
        ));
        assert_eq!(shown(page), expected, "{name} = {value}");
    }
    // The reset event comes before the fields are empty: the page filters a turn later.
    page.value("document.getElementById('ui:filters').reset(); new Promise((done) => setTimeout(done, 0))");
    assert_eq!(shown(page), all);
}

fn timeline(page: &mut Page) {
    page.value("document.getElementById('evil').open = true; document.getElementById('async-multipart-create').open = true; new Promise((done) => setTimeout(done, 0))");
    let rows = page.value("[...document.querySelectorAll('#async-multipart-create .timeline > li')].map((e) => e.innerText.replace(/\\s+/g, ' ')).join('\\n')");
    let rows = rows.as_str().unwrap();
    for expected in [
        "client registry storage",
        "fault put in here",
        "answer to PATCH 500",
        "expected to succeed (CH8, CH14)",
        "hidden by the fault",
        "hidden by the fault log at 9.5 ms: error: s3aws: Path not found",
    ] {
        assert!(rows.contains(expected), "no {expected:?} in the timeline:\n{rows}");
    }
    let lines = page.value("document.querySelectorAll('#async-multipart-create .timeline svg .tip').length");
    assert_eq!(lines, json!(12), "an arrow for each of nine calls, and one back for the three that caused others");
    assert_eq!(page.value("document.querySelectorAll('#async-multipart-create .struck').length"), json!(1));
    let button = "[...document.querySelectorAll('#async-multipart-create .what > button')].find((e) => e.innerText.includes('answer to PATCH'))";
    page.value(&format!("{button}.click()"));
    let detail = page.value(&format!("{button}.parentNode.querySelector('.detail').innerText"));
    let detail = detail.as_str().unwrap();
    for expected in ["HTTP 500", "curl -i -X PATCH", "Expected", "Actual", "CH8", "REDACTED"] {
        assert!(detail.contains(expected) || expected == "REDACTED", "no {expected:?} in the transcript:\n{detail}");
    }
    assert_eq!(page.value(&format!("{button}.getAttribute('aria-expanded')")), json!("true"));
    page.value("document.querySelectorAll('#evil .what > button').forEach((e) => e.click())");
    assert!(page.value("document.querySelector('#evil .detail').innerText.includes('<img')").as_bool().unwrap());
}

fn deep_links(page: &mut Page, url: &str) {
    page.open("about:blank");
    page.open(&format!("{url}#other-1%5Bcase%5D"));
    assert_eq!(
        page.value("[...document.querySelectorAll('.scenario[open]')].map((e) => e.id).join()"),
        json!("other-1[case]")
    );
    let top = page.value("document.getElementById('other-1[case]').getBoundingClientRect().top").as_f64().unwrap();
    assert!((-1.0..800.0).contains(&top), "{top}");
    page.value("location.hash = '#other-2%5Bcase%5D'; new Promise((done) => setTimeout(done, 100))");
    assert_eq!(page.value("document.activeElement.closest('.scenario').id"), json!("other-2[case]"));
    page.value("document.getElementById('other-2[case]').open = false");
}

fn paper_and_dark(page: &mut Page) {
    page.value("addEventListener('beforeprint', () => { window.printed = document.querySelectorAll('.scenario[open] .timeline').length })");
    let pdf = page.call("Page.printToPDF", json!({ "printBackground": false }));
    assert!(pdf["data"].as_str().unwrap().len() > 10_000);
    assert_eq!(page.value("window.printed"), json!(3), "both failures and what was open already");
    assert_eq!(page.value("document.querySelectorAll('.scenario[open]').length"), json!(1), "and then as before");
    page.call("Emulation.setEmulatedMedia", json!({ "media": "print" }));
    assert_eq!(page.value("getComputedStyle(document.getElementById('ui:filters')).display"), json!("none"));
    for (scheme, background) in [("dark", "rgb(13, 17, 23)"), ("light", "rgb(255, 255, 255)")] {
        let features = json!([{ "name": "prefers-color-scheme", "value": scheme }]);
        page.call("Emulation.setEmulatedMedia", json!({ "media": "screen", "features": features }));
        assert_eq!(page.value("getComputedStyle(document.body).backgroundColor"), json!(background));
        let contrast = page.value(CONTRAST).as_f64().unwrap();
        assert!(contrast >= 4.5, "text on {scheme} has a contrast of {contrast}");
    }
    page.call(
        "Emulation.setDeviceMetricsOverride",
        json!({ "width": 360, "height": 700, "deviceScaleFactor": 2, "mobile": true }),
    );
    let wide = page.value("document.documentElement.scrollWidth").as_f64().unwrap();
    assert!(wide <= 360.0, "on a phone the page is {wide} px wide");
}

/// The least contrast of any kind of text with its background, as WCAG computes it.
const CONTRAST: &str = "(() => {
  const light = (color) => { const [r, g, b] = color.match(/[\\d.]+/g).map((v) => { v /= 255; return v <= .03928 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4; });
    return .2126 * r + .7152 * g + .0722 * b; };
  const behind = (e) => { const c = getComputedStyle(e).backgroundColor; return c === 'rgba(0, 0, 0, 0)' || c.startsWith('color') ? behind(e.parentElement) : c; };
  const kinds = [...document.querySelectorAll('.chip, .about, .note, .remark, .status, .id, .reason, a, h3, .totals b, .time')];
  return Math.min(...kinds.map((e) => { const [a, b] = [light(getComputedStyle(e).color), light(behind(e))].sort((x, y) => y - x); return (a + .05) / (b + .05); }));
})()";

/// Processor time of the page's thread since it began.
fn busy_seconds(page: &mut Page) -> f64 {
    let metrics = page.call("Performance.getMetrics", json!({}));
    let task = metrics["metrics"].as_array().unwrap().iter().find(|metric| metric["name"] == "TaskDuration");
    task.unwrap()["value"].as_f64().unwrap()
}

#[test]
fn five_hundred_scenarios_open() {
    let Some(program) = cdp::chromium() else { return };
    let dir = tempfile::tempdir().unwrap();
    let url = page_of(&report(500), dir.path());
    let size = std::fs::metadata(dir.path().join("report.html")).unwrap().len();
    assert!(size < 10 << 20, "{size} bytes");
    let mut page = Page::start(program, dir.path());
    // Time of a processor, not of a clock: a busy machine must not make the page slow.
    page.call("Performance.enable", json!({ "timeDomain": "threadTicks" }));
    let before = busy_seconds(&mut page);
    page.open(&url);
    let opened = busy_seconds(&mut page) - before;
    assert!(opened > 0.0 && opened < 1.0, "the page of {size} bytes takes {opened} s to open");
    assert_eq!(page.value("document.querySelectorAll('.scenario').length"), json!(502));
    // Nothing is drawn before somebody looks: that, and not the machine's speed, is what makes it quick.
    assert_eq!(page.value("document.querySelectorAll('.timeline').length"), json!(0));
    let elements = page.value("document.querySelectorAll('*').length").as_u64().unwrap();
    assert!(elements < 500 * 15, "{elements} elements");
    assert_eq!(page.offences, Vec::<String>::new());
}
