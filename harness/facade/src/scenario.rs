//! Scenarios that are built in code. Not here: what they may hold, which is what files may hold (`shakedown-scenario`).

use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::PathBuf;

use serde::Serialize;
use serde_json::{Map, Value, json};

/// A scenario, made of the values that stand in scenario files. It is checked as a file is when it is run.
///
/// ```
/// use shakedown::{Scenario, Shakedown, json};
///
/// let scenario = Scenario::new("tags-after-push", "A pushed tag is listed")
///     .image("app", [1024])
///     .push("app", "${repo}:1")
///     .step(json!({ "tags": { "equals": ["1"] } }))
///     .after("every-tag-resolves");
/// Shakedown::new().run_blocking(scenario).unwrap().assert_passed();
/// ```
#[derive(Debug, Clone)]
pub struct Scenario {
    id: String,
    file: Map<String, Value>,
    mistake: Option<String>,
}

impl Scenario {
    /// One without steps: an id as of a file's stem, and what must hold in one sentence.
    pub fn new(id: impl Into<String>, title: impl Into<String>) -> Self {
        let file = Map::from_iter([("title".to_owned(), Value::String(title.into()))]);
        Self { id: id.into(), file, mistake: None }
    }

    /// An image with layers of these sizes in bytes; its content is made from the seed of the run.
    #[must_use]
    pub fn image(self, name: &str, layers: impl IntoIterator<Item = u64>) -> Self {
        let layers: Vec<_> = layers.into_iter().map(|size| json!({ "size": format!("{size}B") })).collect();
        self.change(|file| {
            let given = file.entry("given").or_insert_with(|| json!({}));
            given["images"][name] = json!({ "layers": layers });
        })
    }

    /// Sets one key of the file, e.g. `given`, `needs`, `vars`; what stood there is replaced.
    #[must_use]
    pub fn set(self, key: &str, value: impl Serialize) -> Self {
        self.with(value, |file, value| drop(file.insert(key.to_owned(), value)))
    }

    /// One more of `faults`.
    #[must_use]
    pub fn fault(self, fault: impl Serialize) -> Self {
        self.one_more("faults", fault)
    }

    /// One more of `steps`.
    #[must_use]
    pub fn step(self, step: impl Serialize) -> Self {
        self.one_more("steps", step)
    }

    /// The step that pushes an image under a reference such as `${repo}:1`; `${repo}` is the scenario's own repository.
    #[must_use]
    pub fn push(self, image: &str, reference: &str) -> Self {
        self.step(json!({ "push": { "image": image, "as": reference } }))
    }

    /// The step that pulls a reference, verifies every byte, and holds it against an image.
    #[must_use]
    pub fn pull(self, reference: &str, same_as: &str) -> Self {
        self.step(json!({ "pull": { "ref": reference, "same-as": same_as } }))
    }

    /// One more of what must hold when the dust has settled (`after`).
    #[must_use]
    pub fn after(self, invariant: impl Serialize) -> Self {
        self.one_more("after", invariant)
    }

    fn one_more(self, list: &str, value: impl Serialize) -> Self {
        self.with(value, |file, value| match file.entry(list).or_insert_with(|| json!([])) {
            Value::Array(list) => list.push(value),
            other => *other = json!([value]),
        })
    }

    fn with(mut self, value: impl Serialize, change: impl FnOnce(&mut Map<String, Value>, Value)) -> Self {
        match serde_json::to_value(value) {
            Ok(value) => change(&mut self.file, value),
            Err(error) => self.mistake = self.mistake.or(Some(format!("{}: {error}", self.id))),
        }
        self
    }

    fn change(mut self, change: impl FnOnce(&mut Map<String, Value>)) -> Self {
        change(&mut self.file);
        self
    }

    /// The text of the file it would be (JSON is YAML), or what could not be written.
    pub(crate) fn text(&self) -> Result<String, String> {
        match &self.mistake {
            Some(mistake) => Err(mistake.clone()),
            None => Ok(serde_json::to_string_pretty(&self.file).unwrap_or_default()),
        }
    }

    /// Where its file lies if somebody needs it to repeat a failure: the same for the same scenario.
    pub(crate) fn place(&self) -> PathBuf {
        let mut hash = DefaultHasher::new();
        self.text().hash(&mut hash);
        let folder = format!("shakedown-scenarios/{:016x}", hash.finish());
        std::env::temp_dir().join(folder).join(format!("{}.yaml", self.id))
    }
}
