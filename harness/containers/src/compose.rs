//! A compose file from its start to its removal: the tool that reads it, what makes all of it ours, and the service that is the registry.
//! Not here: what stands in the file, and when the service is ready.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::path::Path;
use std::process::Stdio;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use serde_json::{Map, Value, json};
use testcontainers::bollard::Docker;
use tokio::process::Command;
use tokio::sync::OnceCell;

use crate::container::DROP_WITHIN;
use crate::engine::{self, HOST_NAME};
use crate::reap::{OWNER, labelled, networks_and_volumes, remove};
use crate::{Container, Error, Lines, Owner, port, runtime};

/// What compose itself writes on all that belongs to a project.
const PROJECT: &str = "com.docker.compose.project";
/// And on the containers of one service.
const SERVICE: &str = "com.docker.compose.service";
/// How long a project may take to be up.
const UP_WITHIN: Duration = Duration::from_secs(120);

/// The programs that read compose files, with the words before their own: the engine's plugin, and the program of its own.
const TOOLS: &[&[&str]] = &[&["docker", "compose"], &["docker-compose"]];

/// A compose file that is up. Dropped, all of it is removed: containers, networks, volumes.
#[derive(Debug)]
pub struct Project {
    name: String,
    /// Nothing of it is left.
    is_gone: bool,
}

impl Project {
    /// Brings up the services of `file` (as JSON of the compose specification; relative paths begin in `dir`), with the port `inside` of
    /// `service` on a free port of loopback. Gives its container, too.
    ///
    /// # Errors
    /// There is no engine, no tool, no such service, or it does not come up; nothing is left of it then.
    pub async fn up(file: &Value, dir: &Path, service: (&str, u16), lines: &Lines) -> Result<(Self, Container), Error> {
        let tool = tool().await?;
        engine::find().await?;
        let mut starts = port::Starts::default();
        loop {
            let address = port::free().map_err(|error| Error::engine("a port for the compose file", error))?;
            match Self::up_at(tool, address, file.clone(), dir, service, lines.clone()).await {
                Err(Error::Engine { reason, .. }) if starts.again(&reason) => {}
                other => return other,
            }
        }
    }

    async fn up_at(
        tool: &[&str],
        address: SocketAddr,
        mut file: Value,
        dir: &Path,
        (service, inside): (&str, u16),
        lines: Lines,
    ) -> Result<(Self, Container), Error> {
        let what = || format!("bring up the compose file's `{service}`");
        ours(&mut file, service, address, inside).map_err(|reason| Error::engine(what(), reason))?;
        let project = Self { name: next_name(), is_gone: false };
        let path = dir.join(format!("{}.json", project.name));
        // Compose has variables of its own.
        let text = file.to_string().replace('$', "$$");
        tokio::fs::write(&path, text).await.map_err(|error| Error::engine(what(), error))?;
        let mut command = Command::new(tool[0]);
        command.args(&tool[1..]).args(["-p", &project.name, "-f"]).arg(&path).arg("--project-directory").arg(dir);
        command.args(["up", "-d"]).stdin(Stdio::null()).kill_on_drop(true);
        let output = match tokio::time::timeout(UP_WITHIN, command.output()).await {
            Ok(output) => output.map_err(|error| Error::engine(what(), error))?,
            Err(_) => return Err(Error::engine(what(), format!("it was not up within {UP_WITHIN:?}"))),
        };
        if !output.status.success() {
            let said = String::from_utf8_lossy(&output.stderr).into_owned();
            // It tells its progress first; why it ended stands last.
            let last: Vec<_> = said.lines().filter(|line| !line.trim().is_empty()).collect();
            return Err(Error::engine(what(), last[last.len().saturating_sub(3)..].join(" ")));
        }
        let container = project.container(service, address, lines).await?;
        Ok((project, container))
    }

    /// The container of a service.
    async fn container(&self, service: &str, address: SocketAddr, lines: Lines) -> Result<Container, Error> {
        let (label, service) = (format!("{PROJECT}={}", self.name), service.to_owned());
        let id = runtime::there(async move {
            let all = labelled(engine::client().await?, label).await?;
            let is_it = |labels: &HashMap<String, String>| labels.get(SERVICE) == Some(&service);
            let found = all.into_iter().find(|container| container.labels.as_ref().is_some_and(is_it));
            let none = || Error::engine("the compose file", format!("there is no container of `{service}`"));
            found.and_then(|container| container.id).ok_or_else(none)
        });
        Ok(Container::of_others(id.await?, address, lines).await)
    }

    /// Removes all of it.
    pub async fn remove(mut self) {
        let name = self.name.clone();
        let gone = runtime::there(async move { all_of(engine::client().await?, &name).await }).await;
        self.is_gone = gone.is_ok();
    }
}

impl Drop for Project {
    fn drop(&mut self) {
        if self.is_gone {
            return;
        }
        let (name, (done, is_done)) = (self.name.clone(), std::sync::mpsc::channel());
        runtime::begin(async move {
            if let Ok(client) = engine::client().await {
                let _ = all_of(client, &name).await;
            }
            let _ = done.send(());
        });
        let _ = is_done.recv_timeout(DROP_WITHIN);
    }
}

/// Removes everything of a project.
async fn all_of(client: &Docker, name: &str) -> Result<(), Error> {
    let label = format!("{PROJECT}={name}");
    for container in labelled(client, label.clone()).await? {
        remove(client, &container.id.unwrap_or_default()).await?;
    }
    networks_and_volumes(client, &label, |_| true).await.map(|_| ())
}

/// The words that begin a command of the tool that reads compose files.
///
/// # Errors
/// There is none, with what to install.
pub async fn tool() -> Result<&'static [&'static str], Error> {
    static TOOL: OnceCell<&'static [&'static str]> = OnceCell::const_new();
    TOOL.get_or_try_init(|| async {
        for words in TOOLS {
            let version = Command::new(words[0]).args(&words[1..]).arg("version").stdin(Stdio::null()).output().await;
            if version.is_ok_and(|output| output.status.success()) {
                return Ok(*words);
            }
        }
        let hint = "neither `docker compose` nor `docker-compose` runs; apt-get install docker-compose";
        Err(Error::NoCompose(hint.to_owned()))
    })
    .await
    .copied()
}

/// The images of its services.
pub fn images(file: &Value) -> Vec<String> {
    let services = file.get("services").and_then(Value::as_object);
    let image = |service: &Value| service.get("image")?.as_str().map(str::to_owned);
    services.into_iter().flat_map(Map::values).filter_map(image).collect()
}

/// Names everything in it as ours, publishes the one port, and lets services find the host.
fn ours(file: &mut Value, service: &str, address: SocketAddr, inside: u16) -> Result<(), String> {
    let owner = Owner::this().to_string();
    let services = file.get_mut("services").and_then(Value::as_object_mut).ok_or("it has no `services`")?;
    let names = || services.keys().cloned().collect::<Vec<_>>().join(", ");
    if !services.contains_key(service) {
        return Err(format!("it has no service `{service}`, only {}", names()));
    }
    for (name, of) in services {
        let of = of.as_object_mut().ok_or_else(|| format!("the service `{name}` is no mapping"))?;
        label(of, &owner);
        // A name of its own would be taken in the second scenario.
        of.remove("container_name");
        let hosts = of.entry("extra_hosts").or_insert_with(|| json!([]));
        match hosts {
            Value::Array(hosts) => hosts.push(json!(format!("{HOST_NAME}:host-gateway"))),
            hosts => hosts[HOST_NAME] = json!("host-gateway"),
        }
        // Whatever it publishes besides, scenarios side by side would want the same ports of this host.
        let published = json!([format!("{}:{}:{inside}", address.ip(), address.port())]);
        of.insert("ports".to_owned(), if name == service { published } else { json!([]) });
    }
    let top = file.as_object_mut().ok_or("it is no mapping")?;
    for (section, always) in [("networks", Some("default")), ("volumes", None)] {
        if always.is_none() && !top.contains_key(section) {
            continue;
        }
        let section = top.entry(section).or_insert_with(|| json!({}));
        let Some(section) = section.as_object_mut() else { continue };
        if let Some(name) = always {
            section.entry(name).or_insert_with(|| json!({}));
        }
        for of in section.values_mut() {
            if of.is_null() {
                *of = json!({});
            }
            // What is external was there before and stays.
            if let Some(of) = of.as_object_mut().filter(|of| !of.contains_key("external")) {
                label(of, &owner);
            }
        }
    }
    Ok(())
}

fn label(of: &mut Map<String, Value>, owner: &str) {
    match of.entry("labels").or_insert_with(|| json!({})) {
        Value::Array(labels) => labels.push(json!(format!("{OWNER}={owner}"))),
        labels => labels[OWNER] = json!(owner),
    }
}

/// A name that no other project has; compose takes lower case, digits, `-` and `_`.
fn next_name() -> String {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    let owner = Owner::this();
    format!("shakedown-{}-{}-{}", owner.pid, owner.start, NEXT.fetch_add(1, Ordering::Relaxed))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_of_a_file_is_ours_and_one_port_of_it_is_published() {
        let mut file = json!({
            "services": {
                "registry": { "image": "registry:2", "container_name": "mine", "ports": ["5000:5000"], "labels": ["a=b"] },
                "redis": { "image": "redis:7", "ports": ["6379:6379"], "extra_hosts": { "x": "1.2.3.4" } },
            },
            "volumes": { "data": null, "there": { "external": true } },
        });
        assert_eq!(images(&file), ["registry:2", "redis:7"]);
        let address = SocketAddr::from(([127, 0, 0, 1], 4711));
        ours(&mut file, "registry", address, 5000).unwrap();
        let owner = Owner::this().to_string();
        let registry = &file["services"]["registry"];
        assert_eq!(registry["ports"], json!(["127.0.0.1:4711:5000"]));
        assert_eq!(registry["labels"], json!(["a=b", format!("{OWNER}={owner}")]));
        assert_eq!(registry.get("container_name"), None);
        let redis = &file["services"]["redis"];
        assert_eq!((&redis["ports"], &redis["labels"][OWNER]), (&json!([]), &json!(owner)));
        assert_eq!(redis["extra_hosts"], json!({ "x": "1.2.3.4", HOST_NAME: "host-gateway" }));
        assert_eq!(file["networks"]["default"]["labels"][OWNER], json!(owner));
        assert_eq!(file["volumes"]["data"]["labels"][OWNER], json!(owner));
        assert_eq!(file["volumes"]["there"], json!({ "external": true }));
        let wrong = ours(&mut json!({ "services": { "a": {} } }), "registry", address, 5000).unwrap_err();
        assert_eq!(wrong, "it has no service `registry`, only a");
    }
}
