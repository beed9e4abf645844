//! The values behind `${...}` that are known only while a scenario runs: repository, content, captures, rounds.
//! Not here: variables of the file and of the command line, which the checker has filled in.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

/// Named values; steps add what they capture.
#[derive(Debug, Default)]
pub(crate) struct Vars(Mutex<BTreeMap<String, String>>);

impl Vars {
    /// Sets a value, replacing an earlier one.
    pub(crate) fn set(&self, name: impl Into<String>, value: impl Into<String>) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(name.into(), value.into());
    }

    /// Puts values in the place of `${name}`. What is put in is not looked at again.
    ///
    /// # Errors
    /// A name without a value, with those that have one.
    pub(crate) fn fill(&self, text: &str) -> Result<String, String> {
        let values = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        shakedown_scenario::fill(text, &|name| values.get(name).cloned()).map_err(|name| {
            let known = values.keys().map(String::as_str).collect::<Vec<_>>().join(", ");
            format!("`${{{name}}}` has no value here; known are {known}")
        })
    }
}

/// Fills every text inside a value.
pub(crate) fn fill_all<T: Serialize + DeserializeOwned>(value: &T, vars: &Vars) -> Result<T, String> {
    let mut json = serde_json::to_value(value).map_err(|error| error.to_string())?;
    fill_json(&mut json, vars)?;
    serde_json::from_value(json).map_err(|error| error.to_string())
}

fn fill_json(json: &mut Value, vars: &Vars) -> Result<(), String> {
    match json {
        Value::String(text) => *text = vars.fill(text)?,
        Value::Array(values) => values.iter_mut().try_for_each(|value| fill_json(value, vars))?,
        Value::Object(fields) => fields.values_mut().try_for_each(|value| fill_json(value, vars))?,
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use shakedown_scenario::expect::Invariant;

    #[test]
    fn values_are_filled_in_once_and_missing_ones_named() {
        let vars = Vars::default();
        vars.set("repo", "lab/app");
        vars.set("x", "${repo}");
        assert_eq!(vars.fill("/v2/${repo}/${x}").unwrap(), "/v2/lab/app/${repo}");
        assert_eq!(vars.fill("plain $ {repo}").unwrap(), "plain $ {repo}");
        assert_eq!(vars.fill("${upload}").unwrap_err(), "`${upload}` has no value here; known are repo, x");
    }

    #[test]
    fn texts_inside_values_are_filled() {
        let vars = Vars::default();
        vars.set("hex", "abc");
        let text = "storage-requests: { key: '**/${hex}/*', operation: [GetObject, PutObject], answered: [200, 5xx], at-most: 2 }";
        let invariant: Invariant = serde_saphyr::from_str(text).unwrap();
        let filled: Invariant = serde_saphyr::from_str(&text.replace("${hex}", "abc")).unwrap();
        assert_eq!(fill_all(&invariant, &vars).unwrap(), filled);
        assert!(fill_all(&invariant, &Vars::default()).unwrap_err().contains("${hex}"));
    }
}
