//! The page of a measurement in the same browser: a real one of two registries that took turns, under faults.

use serde_json::json;
use shakedown_reports::bench::{BenchReport, Form};

use crate::CONTRAST;
use crate::cdp::{Page, chromium};

/// What a picture shows is said next to it and to a screen reader, and its numbers can be unfolded.
const UNSAID: &str = "[...document.querySelectorAll('figure')].filter((e) => {
  const svg = e.querySelector('svg[role=img]');
  const said = svg.getAttribute('aria-labelledby').split(' ').map((id) => document.getElementById(id)?.textContent || '');
  return said.some((text) => text.length < 6) || e.querySelector('figcaption').innerText.length < 20 || e.querySelectorAll('details td').length < 4;
}).length";

#[test]
fn the_page_of_a_measurement_works_from_disk_without_network() {
    let Some(program) = chromium() else { return };
    let dir = tempfile::tempdir().unwrap();
    let report: BenchReport = serde_json::from_str(include_str!("../data/bench-v1.json")).expect("a measurement");
    let file = dir.path().join("speed.html");
    std::fs::write(&file, (Form::named("html").expect("a form").bench)(&report, None)).unwrap();
    let mut page = Page::start(program, dir.path());
    let size = |width: u32| json!({ "width": width, "height": 800, "deviceScaleFactor": 1, "mobile": width < 600 });
    page.call("Emulation.setDeviceMetricsOverride", size(1280));
    page.open(&format!("file://{}", file.display()));

    // Operations and content over time; percentiles and a histogram for each of two kinds of operations.
    assert_eq!(page.value("document.querySelectorAll('figure').length"), json!(6));
    assert_eq!(page.value(UNSAID), json!(0));
    band(&mut page);
    let dashes = "new Set([...document.querySelectorAll('figure:first-of-type path.line')].map((e) => getComputedStyle(e).strokeDasharray)).size";
    assert_eq!(page.value(dashes), json!(2), "lines differ without colours, too");

    for (scheme, background) in [("dark", "rgb(13, 17, 23)"), ("light", "rgb(255, 255, 255)")] {
        let features = json!([{ "name": "prefers-color-scheme", "value": scheme }]);
        page.call("Emulation.setEmulatedMedia", json!({ "media": "screen", "features": features }));
        assert_eq!(page.value("getComputedStyle(document.body).backgroundColor"), json!(background));
        let contrast = page.value(&CONTRAST.replace(".chip,", ".chip, figcaption, td, th,")).as_f64().unwrap();
        assert!(contrast >= 4.5, "text on {scheme} has a contrast of {contrast}");
        let lines = page.value(LINES).as_f64().unwrap();
        assert!(lines >= 3.0, "a line on {scheme} has a contrast of {lines}");
    }

    page.call("Emulation.setDeviceMetricsOverride", size(360));
    let wide = page.value("document.documentElement.scrollWidth").as_f64().unwrap();
    assert!(wide <= 360.0, "on a phone the page is {wide} px wide");
    let letters =
        "Math.min(...[...document.querySelectorAll('figure svg text')].map((e) => e.getBoundingClientRect().height))";
    let tall = page.value(letters).as_f64().unwrap();
    assert!(tall >= 8.0, "on a phone letters in pictures are {tall} px tall");
    let pdf = page.call("Page.printToPDF", json!({}));
    assert!(pdf["data"].as_str().unwrap().len() > 10_000);
    assert_eq!(page.offences, Vec::<String>::new());
}

/// The band of a fault stands between the seconds in which it struck.
fn band(page: &mut Page) {
    let place = "(() => {
      const figure = document.querySelector('figure');
      const ticks = [...figure.querySelectorAll('text[text-anchor=middle]')].map((e) => [Number(e.textContent), e.getBoundingClientRect()])
        .map(([second, box]) => [second, box.x + box.width / 2]);
      const second = (x) => ticks[0][0] + (x - ticks[0][1]) / (ticks.at(-1)[1] - ticks[0][1]) * (ticks.at(-1)[0] - ticks[0][0]);
      const box = figure.querySelector('.band rect').getBoundingClientRect();
      return [second(box.x), second(box.right), figure.querySelector('.band title').textContent];
    })()";
    let found = page.value(place);
    let about = found[2].as_str().unwrap();
    assert!(about.contains("under reference") && about.contains("between 0.75 s and 2.25 s"), "{about}");
    for (at, expected) in [(0, 0.75), (1, 2.25)] {
        let drawn = found[at].as_f64().unwrap();
        assert!((drawn - expected).abs() < 0.1, "drawn at {drawn} s, struck at {expected} s");
    }
}

/// The least contrast of a line with the card below it.
const LINES: &str = "(() => {
  const light = (color) => { const [r, g, b] = color.match(/[\\d.]+/g).map((v) => { v /= 255; return v <= .03928 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4; });
    return .2126 * r + .7152 * g + .0722 * b; };
  const card = light(getComputedStyle(document.querySelector('.card')).backgroundColor);
  const of = (e) => { const [a, b] = [light(getComputedStyle(e).stroke), card].sort((x, y) => y - x); return (a + .05) / (b + .05); };
  return Math.min(...[...document.querySelectorAll('.card path.line')].map(of));
})()";
