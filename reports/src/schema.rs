//! The JSON schema of [`Report`], committed as `report.schema.json` beside this crate's manifest.

use crate::Report;

/// The schema as text, with a newline at its end.
pub fn schema() -> String {
    let schema = schemars::schema_for!(Report);
    let mut text = serde_json::to_string_pretty(&schema).expect("a schema is JSON");
    text.push('\n');
    text
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    #[test]
    fn the_committed_schema_is_current() {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("report.schema.json");
        if std::env::var_os("SHAKEDOWN_BLESS").is_some() {
            std::fs::write(&path, super::schema()).unwrap();
        }
        let committed = std::fs::read_to_string(&path).unwrap_or_default();
        assert_eq!(committed, super::schema(), "run the tests with SHAKEDOWN_BLESS=1 and commit {}", path.display());
    }
}
