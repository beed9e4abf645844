//! The JSON schema of scenario files, for editors. Made from the same types that read them; a `${variable}` may stand wherever a
//! scalar may.

use schemars::generate::SchemaSettings;
use serde_json::{Map, Value, json};

use crate::Scenario;

/// Where the schema is published; `reports/schema/scenario.schema.json` is the same text.
const ID: &str = "urn:shakedown:scenario:v1";

/// The JSON schema (draft 2020-12) of a scenario file.
pub fn schema() -> Value {
    let schema = SchemaSettings::draft2020_12().into_generator().into_root_schema_for::<Scenario>();
    let mut value = schema.to_value();
    add_short_forms(&mut value);
    loosen(&mut value);
    if let Some(object) = value.as_object_mut() {
        object.insert("$id".to_owned(), ID.into());
        object.insert("title".to_owned(), "Shakedown scenario".into());
        if let Some(definitions) = object.get_mut("$defs").and_then(Value::as_object_mut) {
            let variable = json!({ "type": "string", "pattern": "\\$\\{[a-z]", "description": "A text with `${variable}` in it." });
            definitions.insert("Variable".to_owned(), variable);
        }
    }
    value
}

/// A kind that needs nothing more may stand alone: `- restart` for `- restart: {}`.
fn add_short_forms(root: &mut Value) {
    let Some(definitions) = root.get("$defs").and_then(Value::as_object).cloned() else { return };
    let needs_nothing = |content: &Value| {
        let target = content
            .get("$ref")
            .and_then(Value::as_str)
            .and_then(|path| definitions.get(path.strip_prefix("#/$defs/")?));
        let content = target.unwrap_or(content);
        content.get("type").is_some_and(|kind| kind == "object") && content.get("required").is_none()
    };
    let Some(all) = root.get_mut("$defs").and_then(Value::as_object_mut) else { return };
    for (name, definition) in all {
        // Effects say themselves which of them may stand alone.
        let Some(ways) = definition.get_mut("oneOf").and_then(Value::as_array_mut).filter(|_| name != "Effect") else {
            continue;
        };
        let alone: Vec<String> = ways
            .iter()
            .filter_map(|way| way.get("properties")?.as_object())
            .filter(|properties| properties.len() == 1 && properties.values().all(needs_nothing))
            .flat_map(|properties| properties.keys().cloned())
            .collect();
        if !alone.is_empty() {
            ways.push(json!({ "enum": alone, "description": "Alone: with its defaults." }));
        }
    }
}

/// Lets a variable stand in the place of each scalar that is not any text already.
fn loosen(schema: &mut Value) {
    let Some(object) = schema.as_object_mut() else { return };
    // A variable fits several alternatives at once.
    if let Some(ways) = object.remove("oneOf") {
        object.insert("anyOf".to_owned(), ways);
    }
    for (keyword, below) in object.iter_mut() {
        match (keyword.as_str(), below) {
            ("properties" | "$defs", Value::Object(schemas)) => schemas.values_mut().for_each(loosen),
            ("anyOf" | "allOf" | "prefixItems", Value::Array(schemas)) => schemas.iter_mut().for_each(loosen),
            ("items" | "additionalProperties", schema) => loosen(schema),
            _ => {}
        }
    }
    if is_narrow_scalar(object) {
        let description = object.remove("description");
        let narrow = std::mem::take(object);
        object.extend(description.map(|text| ("description".to_owned(), text)));
        object.insert("anyOf".to_owned(), json!([narrow, { "$ref": "#/$defs/Variable" }]));
    }
}

/// Takes a scalar, but not every text.
fn is_narrow_scalar(schema: &Map<String, Value>) -> bool {
    if schema.contains_key("enum") || schema.contains_key("const") || schema.contains_key("pattern") {
        return true;
    }
    let scalar = |kind: &Value| matches!(kind.as_str(), Some("integer" | "number" | "boolean"));
    let text = |kind: &Value| kind == "string";
    match schema.get("type") {
        Some(Value::Array(kinds)) => kinds.iter().any(scalar) && !kinds.iter().any(text),
        Some(kind) => scalar(kind),
        None => false,
    }
}
