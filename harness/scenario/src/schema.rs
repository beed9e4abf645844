//! The JSON schema of scenario files, for editors. Made from the same types that read them.

use schemars::generate::SchemaSettings;

use crate::Scenario;

/// Where the schema is published; `scenarios/scenario.schema.json` is the same text.
const ID: &str = "https://github.com/shakedown-harness/shakedown/blob/main/scenarios/scenario.schema.json";

/// The JSON schema (draft 2020-12) of a scenario file.
pub fn schema() -> serde_json::Value {
    let schema = SchemaSettings::draft2020_12().into_generator().into_root_schema_for::<Scenario>();
    let mut value = schema.to_value();
    if let Some(object) = value.as_object_mut() {
        object.insert("$id".to_owned(), ID.into());
        object.insert("title".to_owned(), "Shakedown scenario".into());
    }
    value
}
