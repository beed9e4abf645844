//! SARIF 2.1.0 of mistakes in scenario files, for code scanning: <https://docs.oasis-open.org/sarif/sarif/v2.1.0/>.

use serde_json::{Value, json};

/// One mistake in a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The file, relative where it can be.
    pub file: String,
    /// Line from 1; 0 if the file could not be read at all.
    pub line: u32,
    /// Column from 1, in characters; 0 if unknown.
    pub column: u32,
    /// What is wrong.
    pub message: String,
    /// What to do next; may be empty.
    pub help: String,
}

/// Findings that GitHub takes of one run.
const MOST: usize = 25_000;

/// The log as text, with a newline at its end.
pub fn sarif(version: &str, findings: &[Finding]) -> String {
    let results: Vec<_> = findings.iter().take(MOST).map(result).collect();
    let log = json!({
        "$schema": "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": {
                "name": "shakedown check",
                "version": version,
                "rules": [{
                    "id": "scenario-file",
                    "shortDescription": { "text": "A scenario file has to hold to its format" },
                }],
            } },
            "columnKind": "unicodeCodePoints",
            "results": results,
        }],
    });
    let mut text = serde_json::to_string_pretty(&log).expect("it is JSON");
    text.push('\n');
    text
}

fn result(finding: &Finding) -> Value {
    let text = if finding.help.is_empty() {
        finding.message.clone()
    } else {
        format!("{}; {}", finding.message, finding.help)
    };
    let mut place = json!({ "artifactLocation": { "uri": uri(&finding.file) } });
    if finding.line > 0 {
        place["region"] = json!({ "startLine": finding.line });
        if finding.column > 0 {
            place["region"]["startColumn"] = finding.column.into();
        }
    }
    json!({
        "ruleId": "scenario-file",
        "ruleIndex": 0,
        "level": "error",
        "message": { "text": text },
        "locations": [{ "physicalLocation": place }],
    })
}

/// A path as a relative reference, or as a `file:` URI if it is absolute.
fn uri(path: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"/-_.~".contains(&byte);
    let encoded: String =
        path.bytes().map(|b| if plain(b) { char::from(b).to_string() } else { format!("%{b:02X}") }).collect();
    if path.starts_with('/') { format!("file://{encoded}") } else { encoded }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn findings_hold_to_the_published_schema() {
        let finding = |file: &str, line, column, help: &str| Finding {
            file: file.to_owned(),
            line,
            column,
            message: "there is no field `stepz`\u{1b}".to_owned(),
            help: help.to_owned(),
        };
        let findings = [
            finding("scenarios/a b.yaml", 3, 7, "did you mean `steps`?"),
            finding("/tmp/x.yaml", 9, 0, ""),
            finding("unread.yaml", 0, 0, "look at its permissions"),
        ];
        let text = sarif("0.1.0", &findings);
        let mut schema: Value = serde_json::from_str(include_str!("../schema/foreign/sarif-2.1.0.json")).unwrap();
        // Its pattern of languages has a stray bracket and is no regular expression; we write no languages.
        for holder in ["run", "toolComponent"] {
            let language = &mut schema["definitions"][holder]["properties"]["language"];
            language.as_object_mut().unwrap().remove("pattern").expect("the schema still has its mistake");
        }
        let validator = jsonschema::validator_for(&schema).unwrap();
        let mut log: Value = serde_json::from_str(&text).unwrap();
        let errors: Vec<_> = validator.iter_errors(&log).map(|e| format!("{}: {e}", e.instance_path())).collect();
        assert!(errors.is_empty(), "{errors:#?}");
        log["runs"][0]["results"][0]["level"] = "catastrophe".into();
        assert!(!validator.is_valid(&log), "the schema refuses what is none");
        insta::assert_snapshot!(text);
    }
}
