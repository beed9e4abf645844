//! The JSON schemas of [`Report`], [`Event`] and [`BenchReport`], committed in `schema/`.

use crate::bench::BenchReport;
use crate::{Event, Report};

/// The schema of a report as text, with a newline at its end.
pub fn schema() -> String {
    text(&schemars::schema_for!(Report))
}

/// The schema of one event (one line of ndjson) as text, with a newline at its end.
pub fn event_schema() -> String {
    text(&schemars::schema_for!(Event))
}

/// The schema of a measurement as text, with a newline at its end.
pub fn bench_schema() -> String {
    text(&schemars::schema_for!(BenchReport))
}

fn text(schema: &schemars::Schema) -> String {
    let mut text = serde_json::to_string_pretty(schema).expect("a schema is JSON");
    text.push('\n');
    text
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    #[test]
    fn the_committed_schemas_are_current() {
        for (name, current) in
            [("report", super::schema()), ("event", super::event_schema()), ("bench", super::bench_schema())]
        {
            let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("schema/{name}.schema.json"));
            if std::env::var_os("SHAKEDOWN_BLESS").is_some() {
                std::fs::write(&path, &current).unwrap();
            }
            let committed = std::fs::read_to_string(&path).unwrap_or_default();
            assert_eq!(committed, current, "run the tests with SHAKEDOWN_BLESS=1 and commit {}", path.display());
        }
    }
}
