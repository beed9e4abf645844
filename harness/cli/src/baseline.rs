//! The file of `--baseline`: read, checked, written. What it means for a report is `shakedown_reports::Baseline`.

use std::path::Path;

use shakedown_reports::Baseline;

use crate::output::Failure;

/// Reads and checks a baseline.
///
/// # Errors
/// A file that cannot be read or does not hold to the format, with its place.
pub fn read(path: &Path) -> Result<Baseline, Failure> {
    let name = path.display();
    let text = std::fs::read_to_string(path)
        .map_err(|error| Failure::usage(format!("cannot read {name}: {error}; --write-baseline makes one")))?;
    let baseline: Baseline = serde_saphyr::from_str(&text)
        .map_err(|error| Failure::usage(format!("{name} is no baseline: {}", error.to_string().trim_end())))?;
    baseline.check().map_err(|problem| Failure::usage(format!("{name}: {problem}")))?;
    Ok(baseline)
}

/// Writes a baseline as YAML that people go on to edit.
///
/// # Errors
/// Those of the file system.
pub fn write(path: &Path, baseline: &Baseline) -> Result<(), Failure> {
    let mut text = String::from(
        "# Failures that are known: `shakedown run --baseline FILE` fails for others only, and for entries that no longer fail or have expired.\n",
    );
    if baseline.known.is_empty() {
        text.push_str("known: []\n");
    } else {
        text.push_str("known:\n");
    }
    for entry in &baseline.known {
        // A string of JSON is one of YAML, too.
        let quoted = |text: &str| serde_json::Value::from(text).to_string();
        text.push_str(&format!("- id: {}\n", quoted(&entry.id)));
        if let Some(rule) = &entry.rule {
            text.push_str(&format!("  rule: {}\n", quoted(rule)));
        }
        for (name, value) in [("reason", &entry.reason), ("owner", &entry.owner), ("expires", &entry.expires)] {
            text.push_str(&format!("  {name}: {}\n", quoted(value)));
        }
    }
    std::fs::write(path, text)
        .map_err(|error| Failure::environment(format!("cannot write {}: {error}", path.display())))
}
