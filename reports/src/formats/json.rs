//! `shakedown.report/v1`: the model itself, fields in the order of the model.

use std::fmt;

use super::{Format, Options};
use crate::Report;

/// The format.
pub(super) const FORMAT: Format = Format {
    name: "json",
    media_type: "application/json",
    extension: "json",
    about: "the whole report, for programs (schema: shakedown.report/v1)",
    render,
};

fn render(report: &Report, _: &Options, out: &mut dyn fmt::Write) -> fmt::Result {
    let text = serde_json::to_string_pretty(report).map_err(|_| fmt::Error)?;
    out.write_str(&text)?;
    out.write_char('\n')
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample;

    #[test]
    fn it_holds_to_the_published_schema_and_reads_back() {
        let report = sample::report();
        let text = FORMAT.text(&report, &Options::default());
        let value: serde_json::Value = serde_json::from_str(&text).unwrap();
        let schema: serde_json::Value = serde_json::from_str(&crate::schema()).unwrap();
        let validator = jsonschema::validator_for(&schema).unwrap();
        let errors: Vec<_> = validator.iter_errors(&value).map(|e| format!("{}: {e}", e.instance_path())).collect();
        assert!(errors.is_empty(), "{errors:#?}");
        assert_eq!(serde_json::from_str::<Report>(&text).unwrap(), report);

        let mut wrong = value;
        wrong["schema"] = "shakedown.report/v0".into();
        assert!(!validator.is_valid(&wrong), "another schema is refused");
    }

    #[test]
    fn it_is_laid_out_for_diffs() {
        let mut report = sample::report();
        report.scenarios.truncate(1);
        insta::assert_snapshot!(FORMAT.text(&report, &Options::default()));
    }
}
