//! An object a line: what distribution writes with `formatter: json`.

use serde_json::{Map, Value};

/// The members that are texts, numbers or truths; none if the line is no object.
pub(super) fn fields(line: &str) -> Option<Vec<(String, String)>> {
    let object: Map<String, Value> = serde_json::from_str(line.trim()).ok()?;
    let text = |value: Value| match value {
        Value::String(text) => Some(text),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(truth) => Some(truth.to_string()),
        // The detail of an error may be of any shape.
        Value::Object(_) | Value::Array(_) => Some(value.to_string()),
        Value::Null => None,
    };
    Some(object.into_iter().filter_map(|(key, value)| Some((key, text(value)?))).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_of_all_kinds_are_read() {
        let fields = fields(r#" {"a":"x","b":500,"c":null,"d":{"e":[1]}} "#).unwrap();
        let fields: Vec<_> = fields.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect();
        assert_eq!(fields, [("a", "x"), ("b", "500"), ("d", r#"{"e":[1]}"#)]);
        assert!(super::fields("[]").is_none() && super::fields("{\"a\":").is_none());
    }
}
