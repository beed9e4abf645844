//! As whom a registry given as URL is asked: environment, files, a prompt, Docker's own configuration. What is read here is kept out of
//! every output. Not here: how challenges are answered (the client).

use std::io::{BufRead, IsTerminal, Write};
use std::path::PathBuf;

use base64::Engine as _;
use shakedown_engine::{Abilities, Access, Credentials, Secret, SystemChoice};

use crate::output::{Failure, Output};

/// Largest file with a secret in it.
const FILE_LIMIT: u64 = 1 << 20;

/// How a registry given as URL is reached.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "A registry given as URL")]
pub struct AccessArgs {
    /// User and password: env:NAME, file:PATH or `prompt` for USER:PASSWORD (USER:PASSWORD itself is seen by everybody who lists
    /// processes); `docker` for what `docker login` wrote, which is also taken by itself; `none` for nobody
    #[arg(long, value_name = "SOURCE", env = "SHAKEDOWN_AUTH", hide_env_values = true)]
    auth: Option<String>,
    /// A bearer token that is sent as it is: env:NAME, file:PATH, `prompt`, or the token
    #[arg(long, value_name = "SOURCE", env = "SHAKEDOWN_TOKEN", hide_env_values = true, conflicts_with = "auth")]
    token: Option<String>,
    /// Runs the credential helper that Docker's configuration names for the registry; otherwise it is only named
    #[arg(long, env = "SHAKEDOWN_CREDENTIAL_HELPER")]
    credential_helper: bool,
    /// PEM with certificates to trust besides the well-known ones
    #[arg(long, value_name = "FILE", env = "SHAKEDOWN_CA")]
    ca: Option<PathBuf>,
    /// Abilities that are there, or with no- not there, whatever is found: no-delete, no-referrers, sha512, ...
    #[arg(long, value_name = "LIST", env = "SHAKEDOWN_ABILITIES", value_delimiter = ',')]
    abilities: Vec<String>,
}

impl AccessArgs {
    /// What the engine needs, and the texts that must not be shown.
    ///
    /// # Errors
    /// Sources that cannot be read, files that hold something else, flags without a URL.
    pub fn read(&self, system: &SystemChoice, output: &Output) -> Result<(Access, Vec<String>), Failure> {
        let SystemChoice::Url { registry, .. } = system else {
            let given = [
                ("--auth", self.auth.is_some()),
                ("--token", self.token.is_some()),
                ("--ca", self.ca.is_some()),
                ("--abilities", !self.abilities.is_empty()),
            ];
            return match given.into_iter().find(|(_, given)| *given) {
                Some((flag, _)) => Err(Failure::usage(format!("{flag} goes with a registry given as URL"))),
                None => Ok((Access::default(), Vec::new())),
            };
        };
        let mut hidden = Vec::new();
        let credentials = self.credentials(registry, &mut hidden, output)?;
        let roots_pem = self.ca.as_ref().map(read_small).transpose()?;
        let words = self.abilities.iter().map(|word| word.trim()).filter(|word| !word.is_empty());
        let abilities = Abilities::parse(words).map_err(Failure::usage)?;
        hidden.retain(|text| !text.is_empty());
        Ok((Access { credentials, roots_pem: roots_pem.map(String::into_bytes), abilities }, hidden))
    }

    fn credentials(&self, registry: &str, hidden: &mut Vec<String>, output: &Output) -> Result<Credentials, Failure> {
        if let Some(source) = &self.token {
            let token = secret(source, "token")?;
            hidden.push(token.clone());
            return Ok(Credentials::Token(Secret::new(token)));
        }
        match self.auth.as_deref() {
            Some("none") => Ok(Credentials::Anonymous),
            None | Some("docker") => {
                let found = docker::find(registry, self.credential_helper, output)?;
                match (&found, &self.auth) {
                    (None, Some(_)) => {
                        Err(Failure::usage(format!("Docker's configuration has no credentials for {registry}")))
                    }
                    _ => Ok(found.map_or(Credentials::Anonymous, |found| found.keep(hidden))),
                }
            }
            Some(source) => {
                let (username, password) = login(source, "--auth")?;
                Ok(Login { username, password, identity: false }.keep(hidden))
            }
        }
    }
}

/// A user with a password, or an identity token.
struct Login {
    username: String,
    password: String,
    identity: bool,
}

impl Login {
    fn keep(self, hidden: &mut Vec<String>) -> Credentials {
        let pair = format!("{}:{}", self.username, self.password);
        hidden.extend([self.password.clone(), base64::engine::general_purpose::STANDARD.encode(pair)]);
        let password = Secret::new(self.password);
        match self.identity {
            true => Credentials::Identity(password),
            false => Credentials::Basic { username: self.username, password },
        }
    }
}

/// User and password from where `source` says they are; `flag` is named where that is nothing.
///
/// # Errors
/// A source that cannot be read, or holds something else.
pub(crate) fn login(source: &str, flag: &str) -> Result<(String, String), Failure> {
    let text = secret(source, "USER:PASSWORD")?;
    let (username, password) =
        text.split_once(':').ok_or_else(|| Failure::usage(format!("{flag}: what was given is not USER:PASSWORD")))?;
    Ok((username.to_owned(), password.to_owned()))
}

/// A secret from where `source` says it is.
fn secret(source: &str, what: &str) -> Result<String, Failure> {
    let text = if let Some(name) = source.strip_prefix("env:") {
        std::env::var(name).map_err(|_| Failure::usage(format!("{what}: the environment has no {name}")))?
    } else if let Some(path) = source.strip_prefix("file:") {
        read_small(&PathBuf::from(path))?
    } else if source == "prompt" {
        prompt(what)?
    } else {
        source.to_owned()
    };
    let text = text.trim_end_matches(['\r', '\n']).to_owned();
    let wrong = text.is_empty() || text.chars().any(char::is_control);
    if wrong { Err(Failure::usage(format!("{what}: it is empty or holds control characters"))) } else { Ok(text) }
}

fn read_small(path: &PathBuf) -> Result<String, Failure> {
    let failed = |reason: String| Failure::usage(format!("cannot read {}: {reason}", path.display()));
    let size = std::fs::metadata(path).map_err(|error| failed(error.to_string()))?.len();
    if size > FILE_LIMIT {
        return Err(failed(format!("it has {size} bytes, which is too much for what it should hold")));
    }
    std::fs::read_to_string(path).map_err(|error| failed(error.to_string()))
}

/// Asks on the terminal, without showing what is typed.
pub(crate) fn prompt(what: &str) -> Result<String, Failure> {
    use rustix::termios::{LocalModes, OptionalActions, tcgetattr, tcsetattr};
    let stdin = std::io::stdin();
    if !stdin.is_terminal() {
        return Err(Failure::usage(format!("{what}: there is no terminal to ask on; use env:NAME or file:PATH")));
    }
    let failed = |error: std::io::Error| Failure::environment(format!("{what}: {error}"));
    let shown = tcgetattr(&stdin).map_err(|error| failed(error.into()))?;
    let mut hiding = shown.clone();
    hiding.local_modes.remove(LocalModes::ECHO);
    tcsetattr(&stdin, OptionalActions::Flush, &hiding).map_err(|error| failed(error.into()))?;
    let _ = write!(std::io::stderr(), "{what}: ");
    let mut line = String::new();
    let read = stdin.lock().read_line(&mut line);
    let _ = tcsetattr(&stdin, OptionalActions::Flush, &shown);
    let _ = writeln!(std::io::stderr());
    read.map(|_| line).map_err(failed)
}

/// Docker's `config.json`.
mod docker {
    use std::collections::BTreeMap;
    use std::io::Write;
    use std::path::PathBuf;
    use std::process::{Command, Stdio};

    use base64::Engine as _;
    use serde::Deserialize;

    use super::{Login, read_small};
    use crate::output::{Failure, Output};

    #[derive(Debug, Default, Deserialize)]
    #[serde(default)]
    struct Config {
        auths: BTreeMap<String, Entry>,
        #[serde(rename = "credHelpers")]
        helpers: BTreeMap<String, String>,
        #[serde(rename = "credsStore")]
        store: Option<String>,
    }

    #[derive(Debug, Default, Deserialize)]
    #[serde(default)]
    struct Entry {
        auth: String,
        #[serde(rename = "identitytoken")]
        identity: String,
    }

    /// What a helper prints.
    #[derive(Deserialize)]
    struct Printed {
        #[serde(rename = "Username")]
        username: String,
        #[serde(rename = "Secret")]
        secret: String,
    }

    /// The credentials for a registry, if there are any; a helper that is named for it is run only if asked.
    pub(super) fn find(registry: &str, run_helper: bool, output: &Output) -> Result<Option<Login>, Failure> {
        let folder = std::env::var_os("DOCKER_CONFIG").map(PathBuf::from);
        let folder = folder.or_else(|| Some(PathBuf::from(std::env::var_os("HOME")?).join(".docker")));
        let Some(path) = folder.map(|folder| folder.join("config.json")).filter(|path| path.is_file()) else {
            return Ok(None);
        };
        let host = host(registry);
        let shown = path.display().to_string();
        // What is wrong with it is told by place only: the text around it may be a secret.
        let config: Config = serde_json::from_str(&read_small(&path)?).map_err(|error| {
            Failure::usage(format!("{shown}:{}:{}: not Docker's configuration", error.line(), error.column()))
        })?;
        let named = config.helpers.iter().find(|(name, _)| self::host(name) == host).map(|(_, helper)| helper);
        let entry = config.auths.iter().find(|(name, _)| self::host(name) == host).map(|(_, entry)| entry);
        let stored = config.store.as_ref().filter(|_| entry.is_some());
        if let Some(helper) = named.or(stored) {
            if run_helper {
                return ask(helper, host).map(Some);
            }
            output.note(&format!(
                "{shown} names the credential helper docker-credential-{helper} for {host}; it runs only with --credential-helper"
            ));
        }
        let login = entry.map(|entry| read(entry, &shown)).transpose()?.flatten();
        if login.is_some() {
            output.note(&format!("credentials for {host} from {shown}"));
        }
        Ok(login)
    }

    /// `registry.test:5000` of an address or of a key of the file.
    fn host(text: &str) -> &str {
        let text = text.split_once("://").map_or(text, |(_, rest)| rest);
        text.split('/').next().unwrap_or(text)
    }

    fn read(entry: &Entry, shown: &str) -> Result<Option<Login>, Failure> {
        if entry.auth.is_empty() && entry.identity.is_empty() {
            return Ok(None);
        }
        let wrong = || Failure::usage(format!("{shown}: an `auth` is not USER:PASSWORD in base64"));
        let bytes = base64::engine::general_purpose::STANDARD.decode(&entry.auth).map_err(|_| wrong())?;
        let text = String::from_utf8(bytes).map_err(|_| wrong())?;
        let (username, password) = text.split_once(':').unwrap_or((text.as_str(), ""));
        let identity = !entry.identity.is_empty();
        let password = if identity { entry.identity.clone() } else { password.to_owned() };
        if !identity && username.is_empty() {
            Err(wrong())
        } else {
            Ok(Some(Login { username: username.to_owned(), password, identity }))
        }
    }

    /// The helper's protocol: the host on its input, JSON on its output.
    fn ask(helper: &str, host: &str) -> Result<Login, Failure> {
        let program = format!("docker-credential-{helper}");
        let failed = |reason: &str| Failure::environment(format!("{program} get: {reason}"));
        if !helper.chars().all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c)) {
            return Err(failed("that is not the name of a helper"));
        }
        let mut command = Command::new(&program);
        command.arg("get").stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = command.spawn().map_err(|error| failed(&error.to_string()))?;
        if let Some(mut input) = child.stdin.take() {
            // A helper that has ended already tells by its status.
            let _ = input.write_all(host.as_bytes());
        }
        let printed = child.wait_with_output().map_err(|error| failed(&error.to_string()))?;
        if !printed.status.success() {
            return Err(failed(&format!("it has no credentials for {host} ({})", printed.status)));
        }
        let printed: Printed =
            serde_json::from_slice(&printed.stdout).map_err(|_| failed("it printed something else"))?;
        let identity = printed.username == "<token>";
        Ok(Login { username: printed.username, password: printed.secret, identity })
    }

    #[cfg(test)]
    mod tests {
        use super::*;

        #[test]
        fn entries_are_read_and_nothing_of_a_wrong_one_is_shown() {
            let entry = |auth: &str, identity: &str| Entry { auth: auth.to_owned(), identity: identity.to_owned() };
            let login = read(&entry("YWxpY2U6czpjcmV0", ""), "x").unwrap().unwrap();
            assert_eq!((login.username.as_str(), login.password.as_str(), login.identity), ("alice", "s:cret", false));
            assert!(read(&entry("YWxpY2U6", "idt"), "x").unwrap().unwrap().identity);
            assert!(read(&entry("", ""), "x").unwrap().is_none());
            for wrong in ["hunter2!", "OnM="] {
                let failure = read(&entry(wrong, ""), "x").err().unwrap();
                assert!(!failure.message.contains(wrong), "{}", failure.message);
            }
        }

        #[test]
        fn keys_of_the_file_are_hosts() {
            for key in ["r.test:5000", "https://r.test:5000/v2/", "http://r.test:5000"] {
                assert_eq!(host(key), "r.test:5000");
            }
        }
    }
}
