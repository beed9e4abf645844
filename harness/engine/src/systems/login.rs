//! As whom a system is asked that knows its users by itself: its file names where that stands, and never what it is.
//! Not here: the users that scenarios bring (`given.auth`).

use base64::Engine as _;
use shakedown_client::{Credentials, Secret};

use super::{SystemChoice, SystemFile};
use crate::options::RunOptions;

/// How `login` begins: nothing else is taken, so that no password gets into a file.
const FROM_ENVIRONMENT: &str = "env:";

impl RunOptions {
    /// Takes user and password from where the system's file says they stand: for the client, for `${login-user}` and `${login-password}`,
    /// and as texts that must not be shown.
    ///
    /// # Errors
    /// They are not there; one line.
    pub fn log_in(mut self) -> Result<Self, String> {
        let SystemChoice::Process(file) = &self.system else { return Ok(self) };
        let Some(name) = file.login_variable() else { return Ok(self) };
        let title = &file.title;
        let value = std::env::var(name).map_err(|_| {
            format!("{title} is asked as the user in the environment's {name}, which is not set: {name}=USER:PASSWORD")
        })?;
        let (username, password) = value
            .split_once(':')
            .filter(|(user, password)| !user.is_empty() && !password.is_empty())
            .ok_or_else(|| format!("{title}: what stands in the environment's {name} is not USER:PASSWORD"))?;
        self.secrets.extend([password.to_owned(), base64::engine::general_purpose::STANDARD.encode(&value)]);
        self.vars.insert("login-user".to_owned(), username.to_owned());
        self.vars.insert("login-password".to_owned(), password.to_owned());
        let password = Secret::new(password.to_owned());
        self.access.credentials = Credentials::Basic { username: username.to_owned(), password };
        Ok(self)
    }
}

impl SystemFile {
    /// The variable of the environment that holds `USER:PASSWORD`.
    fn login_variable(&self) -> Option<&str> {
        self.login.as_deref()?.strip_prefix(FROM_ENVIRONMENT)
    }

    /// What is wrong with `login`. What stands there is not repeated: it may be a password.
    pub(super) fn check_login(&self) -> Result<(), String> {
        let is_name =
            |name: &str| !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
        match &self.login {
            Some(_) if !self.login_variable().is_some_and(is_name) => {
                Err("`login`: write env:NAME, a variable that holds USER:PASSWORD; a password must not stand in a file"
                    .to_owned())
            }
            _ => Ok(()),
        }
    }
}
