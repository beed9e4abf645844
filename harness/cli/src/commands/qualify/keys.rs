//! Where the storage's keys come from: environment, AWS's own profile files, a prompt. Never an argument: those are seen by everybody
//! who lists processes, and stay in the shell's history.

use std::env;
use std::io::IsTerminal;
use std::path::PathBuf;

use shakedown_registry::Credentials;

use crate::output::Failure;

/// The keys to sign with.
pub(crate) fn find(profile: Option<&str>) -> Result<Credentials, Failure> {
    let named = profile.map(str::to_owned).or_else(|| set("AWS_PROFILE"));
    if let (None, Some(access_key), Some(secret_key)) =
        (profile, set("AWS_ACCESS_KEY_ID"), set("AWS_SECRET_ACCESS_KEY"))
    {
        return Ok(Credentials { access_key, secret_key, session_token: set("AWS_SESSION_TOKEN") });
    }
    let path = set("AWS_SHARED_CREDENTIALS_FILE").map(PathBuf::from);
    let path = path.or_else(|| Some(PathBuf::from(set("HOME")?).join(".aws/credentials")));
    let text = path.as_ref().and_then(|path| std::fs::read_to_string(path).ok());
    let name = named.as_deref().unwrap_or("default");
    if let Some(found) = text.as_deref().and_then(|text| section(text, name)) {
        return Ok(found);
    }
    if let Some(name) = named {
        let path = path.map_or("~/.aws/credentials".to_owned(), |path| path.display().to_string());
        return Err(Failure::usage(format!(
            "{path} has no profile `{name}` with aws_access_key_id and aws_secret_access_key"
        )));
    }
    prompt()
}

fn set(name: &str) -> Option<String> {
    env::var(name).ok().filter(|value| !value.is_empty())
}

/// The keys of `[name]`.
fn section(text: &str, name: &str) -> Option<Credentials> {
    let mut inside = false;
    let (mut access, mut secret, mut token) = (None, None, None);
    for line in text.lines().map(str::trim) {
        if let Some(header) = line.strip_prefix('[').and_then(|line| line.strip_suffix(']')) {
            inside = header.trim() == name;
        } else if let Some((key, value)) = line.split_once('=').filter(|_| inside && !line.starts_with(['#', ';'])) {
            let value = Some(value.trim().to_owned());
            match key.trim() {
                "aws_access_key_id" => access = value,
                "aws_secret_access_key" => secret = value,
                "aws_session_token" => token = value,
                _ => {}
            }
        }
    }
    Some(Credentials { access_key: access?, secret_key: secret?, session_token: token })
}

/// Asks on a terminal; what is typed is not shown.
fn prompt() -> Result<Credentials, Failure> {
    let missing = || {
        Failure::usage(
            "no keys: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or write a profile in ~/.aws/credentials (--aws-profile)",
        )
    };
    if !std::io::stdin().is_terminal() {
        return Err(missing());
    }
    let ask = |what: &str| crate::credentials::prompt(what).map(|line| line.trim().to_owned());
    let (access_key, secret_key) = (ask("access key id")?, ask("secret access key")?);
    if access_key.is_empty() || secret_key.is_empty() {
        return Err(missing());
    }
    Ok(Credentials { access_key, secret_key, session_token: None })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_section_of_the_file_is_found_and_no_other() {
        let text = "[default]\naws_access_key_id = A\naws_secret_access_key=S\n# aws_session_token = x\n[ lab ]\naws_access_key_id=B\n";
        let found = section(text, "default").unwrap();
        assert_eq!((found.access_key.as_str(), found.secret_key.as_str(), found.session_token), ("A", "S", None));
        assert_eq!(section(text, "lab"), None, "half a pair");
        assert_eq!(section(text, "other"), None);
    }
}
