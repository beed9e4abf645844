//! Programs as clients, and what clients were seen doing.

use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::value::{MapAccessDeserializer, SeqAccessDeserializer};
use serde::de::{MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};
use shakedown_faults::Span;

use crate::OneOrMany;
use crate::expect::ClientCalls;

/// A `run` step: `run: [skopeo, copy, ...]`, or a mapping where more is said than the command.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(transparent)]
pub struct RunStep(pub Program);

/// Runs a program to its end, in an environment of its own: a fresh home with nothing in it but the logins of who acts, in a folder
/// `${scratch}` that lasts as long as the scenario. What it sends to the registry is recorded as calls of the client.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Program {
    /// The program (found in `PATH`, unless it is a path) and its arguments. `${registry}` is the registry's `host:port`,
    /// `${image.NAME.layout}` an OCI image layout with the image of `given`, tagged `1`.
    pub command: Vec<String>,
    /// Deadline, 60s if absent; then it is killed, and has failed.
    #[serde(default)]
    pub within: Option<Span>,
    /// How it ends.
    #[serde(default)]
    pub expect: ProgramEnd,
    /// Texts that its output contains.
    #[serde(default)]
    pub says: OneOrMany<String>,
    /// Texts that its output must not contain.
    #[serde(default)]
    pub lacks: OneOrMany<String>,
}

/// How a program ends.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ProgramEnd {
    /// With exit status 0.
    #[default]
    Succeeds,
    /// With another one, of its own accord.
    Fails,
    /// With any, of its own accord.
    SucceedsOrFails,
}

/// Asserts on the calls of all clients since the last such check.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct ClientCheckStep {
    /// What must hold.
    pub expect: Vec<ClientCalls>,
}

/// Asserts on the calls of a pull-through cache to its upstream since the last such check. `to`, `waits` and `resumes` are about clients.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct UpstreamCheckStep {
    /// What must hold.
    pub expect: Vec<ClientCalls>,
}

impl<'de> Deserialize<'de> for RunStep {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct V;
        impl<'de> Visitor<'de> for V {
            type Value = RunStep;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a command as a list of words, or a mapping with `command`")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, words: A) -> Result<RunStep, A::Error> {
                let command = Vec::deserialize(SeqAccessDeserializer::new(words))?;
                Ok(RunStep(Program { command, ..Program::default() }))
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<RunStep, A::Error> {
                Program::deserialize(MapAccessDeserializer::new(map)).map(RunStep)
            }
        }
        deserializer.deserialize_any(V)
    }
}

impl JsonSchema for RunStep {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "RunStep".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let whole = generator.subschema_for::<Program>();
        json_schema!({ "anyOf": [{ "type": "array", "items": { "type": "string" }, "minItems": 1 }, whole] })
    }
}
