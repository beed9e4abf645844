//! htpasswd files: `user:$2y$05$...`, one user a line, bcrypt only. Not here: checking a password (`passwords`).

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

/// Largest file that is read, in bytes.
const LONGEST: usize = 4 << 20;
/// The most expensive hash that is taken: each step doubles the time, and at 31 one request would keep a core busy for days.
const MAX_COST: u32 = 15;

/// Users and their bcrypt hashes.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Htpasswd(BTreeMap<String, String>);

/// A file that is no such list. The line itself is not shown: it holds a hash, or a password.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line} of the htpasswd file: {reason}")]
pub struct HtpasswdError {
    /// From 1; 0: the whole file.
    pub line: usize,
    /// What is wrong.
    pub reason: String,
}

impl Htpasswd {
    /// The hash of a user's password.
    pub(super) fn hash(&self, user: &str) -> Option<&str> {
        self.0.get(user).map(String::as_str)
    }

    /// The users, in order.
    pub fn users(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }
}

impl FromStr for Htpasswd {
    type Err = HtpasswdError;

    fn from_str(text: &str) -> Result<Self, HtpasswdError> {
        let mut users = BTreeMap::new();
        if text.len() > LONGEST {
            return Err(HtpasswdError { line: 0, reason: format!("the file has more than {LONGEST} bytes") });
        }
        for (number, line) in text.lines().enumerate() {
            let line = line.trim_end();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let wrong = |reason: &str| HtpasswdError { line: number + 1, reason: reason.to_owned() };
            let (user, hash) = line.split_once(':').ok_or_else(|| wrong("expected USER:HASH"))?;
            if user.is_empty() || user.chars().any(char::is_control) {
                return Err(wrong("the user has no name, or one with control characters"));
            }
            check(hash).map_err(|reason| wrong(&reason))?;
            if users.insert(user.to_owned(), hash.to_owned()).is_some() {
                return Err(wrong("the user stands in the file twice"));
            }
        }
        Ok(Self(users))
    }
}

fn check(hash: &str) -> Result<(), String> {
    let known = ["$2a$", "$2b$", "$2x$", "$2y$"].iter().any(|prefix| hash.starts_with(prefix));
    if !known {
        return Err("the hash is not bcrypt: make it with `htpasswd -B`".to_owned());
    }
    let parts: bcrypt::HashParts = hash.parse().map_err(|_| "the bcrypt hash is damaged".to_owned())?;
    if parts.get_cost() > MAX_COST {
        return Err(format!("the cost {} of the bcrypt hash is above {MAX_COST}", parts.get_cost()));
    }
    let salt_and_hash = hash.rsplit('$').next().unwrap_or_default();
    let known = |c: char| c.is_ascii_alphanumeric() || c == '.' || c == '/';
    if salt_and_hash.len() == 53 && salt_and_hash.chars().all(known) {
        Ok(())
    } else {
        Err("the bcrypt hash is damaged".to_owned())
    }
}

impl fmt::Debug for Htpasswd {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const HASH: &str = "$2y$04$6VOTvqxH8ofk9d9bpiMWi.8Y3mWKJ/xEa2tzOMH3BWTnvbzhrdETq";

    fn refused(text: &str) -> String {
        text.parse::<Htpasswd>().unwrap_err().to_string()
    }

    #[test]
    fn users_are_read_and_hashes_never_shown() {
        let users: Htpasswd = format!("# people\r\n\nann:{HASH}\r\nbob smith:{HASH}\n").parse().unwrap();
        assert_eq!(users.users().collect::<Vec<_>>(), ["ann", "bob smith"]);
        assert_eq!(format!("{users:?}"), r#"{"ann", "bob smith"}"#);
        assert_eq!(users.hash("ann"), Some(HASH));
        assert_eq!(users.hash("eve"), None);
    }

    #[test]
    fn mistakes_have_their_line_and_show_no_hash() {
        insta::assert_snapshot!(refused("ann"), @"line 1 of the htpasswd file: expected USER:HASH");
        insta::assert_snapshot!(
            refused("\nann:{SHA}fEqNCco3Yq9h5ZUglD3CZJT4lBs="),
            @"line 2 of the htpasswd file: the hash is not bcrypt: make it with `htpasswd -B`"
        );
        insta::assert_snapshot!(refused("ann:$2y$05$short"), @"line 1 of the htpasswd file: the bcrypt hash is damaged");
        insta::assert_snapshot!(
            refused(&format!("ann:{}", HASH.replace("$04$", "$31$"))),
            @"line 1 of the htpasswd file: the cost 31 of the bcrypt hash is above 15"
        );
        insta::assert_snapshot!(
            refused(&format!("ann:{HASH}\nann:{HASH}")),
            @"line 2 of the htpasswd file: the user stands in the file twice"
        );
        insta::assert_snapshot!(
            refused(&format!(":{HASH}")),
            @"line 1 of the htpasswd file: the user has no name, or one with control characters"
        );
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn no_line_panics(line in r"[a-z]{0,3}:?(\$2[abxy]\$0[0-6]\$)?[./A-Za-z0-9é]{0,60}") {
            let _ = line.parse::<Htpasswd>();
        }
    }
}
