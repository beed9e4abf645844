//! Who there is in a world, and how its registry asks: passwords, keys and tokens made from the seed, the token server as a party.

use std::collections::BTreeMap;

use shakedown_client::{Credentials, Secret};
use shakedown_peers::token::{self, Anonymous, Rights, TokenConfig, TokenServer};
use shakedown_registry::{AuthConfig, BasicConfig, BearerConfig, KeySet};
use shakedown_scenario::{AuthSpec, BearerAuth, ExpiresIn, Plan, TokenField};
use shakedown_wire::Lane;
use shakedown_wire::server::Server;

use super::Parts;
use crate::content::derive;
use crate::options::Over;
use crate::setup::Setup;
use crate::systems::{SystemChoice, SystemFile, environment, fill};
use crate::view::ViewError;

/// Where the token server answers in memory.
const AUTHORITY: &str = "auth.test";
/// Whom it gives tokens for, and in whose name.
const SERVICE: &str = "registry.test";
const ISSUER: &str = "auth.test";
/// The user of what the run itself looks at; it may do everything.
const OURSELVES: &str = "shakedown-itself";
/// bcrypt's lowest cost: these passwords guard nothing.
const COST: u32 = 4;

/// Who there is, and how the registry asks.
#[derive(Debug)]
pub(crate) struct Users {
    spec: AuthSpec,
    users: Vec<(String, Credentials)>,
    quiet: Credentials,
    htpasswd: String,
    tokens: Option<Tokens>,
}

#[derive(Debug)]
struct Tokens {
    server: TokenServer,
    base: String,
}

impl Users {
    /// The users with what they log in with, in the file's order.
    pub(super) fn users(&self) -> impl Iterator<Item = (&str, &Credentials)> {
        self.users.iter().map(|(name, credentials)| (name.as_str(), credentials))
    }

    /// What opens everything.
    pub(super) fn quiet(&self) -> &Credentials {
        &self.quiet
    }

    /// The token server, if there is one.
    pub(super) fn server(&self) -> Option<&TokenServer> {
        self.tokens.as_ref().map(|tokens| &tokens.server)
    }

    /// `host:port` of the token server.
    pub(super) fn authority(&self) -> Option<&str> {
        self.tokens.as_ref().and_then(|tokens| tokens.base.strip_prefix("http://"))
    }

    fn realm(&self) -> String {
        if let AuthSpec::Bearer(BearerAuth { realm: Some(realm), .. }) = &self.spec {
            return realm.clone();
        }
        self.tokens.as_ref().map(|tokens| format!("{}/token", tokens.base)).unwrap_or_default()
    }

    /// The settings of the reference registry.
    pub(super) fn of_reference(&self) -> Result<AuthConfig, ViewError> {
        let wrong = |error: String| environment("the registry's users", error);
        Ok(match (&self.spec, &self.tokens) {
            (AuthSpec::Basic(basic), _) => {
                let users = self.htpasswd.parse().map_err(|error| wrong(format!("{error}")))?;
                let readers = basic.users.iter().filter(|(_, user)| user.pull_only).map(|(name, _)| name.clone());
                let readers = readers.collect();
                let anonymous_pull = basic.anonymous_pull;
                AuthConfig::Basic(BasicConfig { readers, anonymous_pull, ..BasicConfig::new(users) })
            }
            (AuthSpec::Bearer(_), Some(tokens)) => {
                let keys = KeySet::from_json(&tokens.server.jwks()).map_err(|error| wrong(error.to_string()))?;
                AuthConfig::Bearer(BearerConfig::new(self.realm(), SERVICE, ISSUER, keys))
            }
            _ => AuthConfig::Open,
        })
    }

    /// Values of a system file, those of `given.auth` included.
    pub(super) fn vars(&self, file: &SystemFile, vars: &BTreeMap<String, String>) -> BTreeMap<String, String> {
        let mut vars = vars.clone();
        let certificate = self.server().and_then(TokenServer::certificate).unwrap_or_default();
        for (name, value) in [
            ("htpasswd", self.htpasswd.clone()),
            ("token-realm", self.realm()),
            ("token-service", SERVICE.to_owned()),
            ("token-issuer", ISSUER.to_owned()),
            ("token-certificate", certificate),
        ] {
            vars.insert(name.to_owned(), value);
        }
        let auth = file.settings.auth.get(self.spec.kind()).map(|text| fill(text, &vars)).unwrap_or_default();
        vars.insert("auth".to_owned(), auth);
        vars
    }
}

impl Parts {
    /// Makes users and passwords, and starts the token server if the scenario wants one.
    pub(super) fn access(&self, plan: &Plan, setup: &Setup) -> Result<(Users, Vec<Server>), ViewError> {
        let spec = plan.scenario.given.auth.clone();
        let names: Vec<String> = spec.users().into_iter().map(str::to_owned).collect();
        let password = |user: &str| password(self.seed, user);
        let credentials = |user: &str| Credentials::Basic {
            username: user.to_owned(),
            password: Secret::new(password(user).as_str()),
        };
        let mut access = Users {
            users: names.iter().map(|name| (name.clone(), credentials(name))).collect(),
            quiet: if spec == AuthSpec::None { Credentials::Anonymous } else { credentials(OURSELVES) },
            htpasswd: String::new(),
            tokens: None,
            spec,
        };
        let everybody = || names.iter().map(String::as_str).chain([OURSELVES]);
        for user in everybody() {
            self.front.secret(&password(user));
            self.inner.secret(&password(user));
        }
        let mut servers = Vec::new();
        match &access.spec {
            AuthSpec::None => {}
            AuthSpec::Basic(_) => {
                let lines = everybody().map(|user| self.htpasswd_line(user, &password(user)));
                access.htpasswd = lines.collect::<Result<Vec<_>, _>>()?.concat();
            }
            AuthSpec::Bearer(bearer) => {
                let mut config = token_config(bearer, &password)?;
                config.certificate = matches!(setup.system, SystemChoice::Process(_));
                config = config.user(OURSELVES, password(OURSELVES), Rights::all());
                let server = TokenServer::new(config, &self.clock, derive(self.seed, &["token server"]));
                for (name, credentials) in &mut access.users {
                    if bearer.users[name.as_str()].identity_token {
                        let token = server.refresh_token(name);
                        self.front.secret(&token);
                        *credentials = Credentials::Identity(Secret::new(token.as_str()));
                    }
                }
                let party = setup.budget.party(server.party());
                let base = match self.over {
                    Over::Memory => {
                        self.net.listen(AUTHORITY, party);
                        format!("http://{AUTHORITY}")
                    }
                    Over::Tcp => {
                        let party = self.inner.layer(Lane::new("client", "token"), party);
                        let party = self.foreigners.party(party);
                        self.serve(party, "a port for the token server", &mut servers)?
                    }
                };
                access.tokens = Some(Tokens { server, base });
            }
        }
        Ok((access, servers))
    }

    fn htpasswd_line(&self, user: &str, password: &str) -> Result<String, ViewError> {
        let part = |what: &str| derive(self.seed, &[what, user]).to_be_bytes();
        let mut salt = [0; 16];
        salt[..8].copy_from_slice(&part("salt"));
        salt[8..].copy_from_slice(&part("more salt"));
        let hash = bcrypt::hash_with_salt(password, COST, salt).map_err(|error| environment("a password", error))?;
        Ok(format!("{user}:{}\n", hash.format_for_version(bcrypt::Version::TwoY)))
    }
}

/// A user's password in the world with this seed.
pub(super) fn password(seed: u64, user: &str) -> String {
    format!("{:016x}", derive(seed, &["password", user]))
}

fn token_config(spec: &BearerAuth, password: &dyn Fn(&str) -> String) -> Result<TokenConfig, ViewError> {
    let rights = |texts: &[String]| {
        Rights::parse(texts.iter().map(String::as_str)).map_err(|error| environment("the users' rights", error))
    };
    let mut config = TokenConfig::new(ISSUER, SERVICE);
    for (name, user) in &spec.users {
        config = config.user(name, password(name), rights(&user.rights)?);
    }
    if !spec.anonymous.is_empty() {
        config.anonymous = Anonymous::Rights(rights(&spec.anonymous)?);
    }
    config.lifetime = spec.lifetime.0;
    config.valid_after = spec.valid_after.0;
    let milliseconds = |span: shakedown_scenario::Span| i64::try_from(span.0.as_millis()).unwrap_or(i64::MAX);
    config.skew_ms = milliseconds(spec.clock_ahead) - milliseconds(spec.clock_behind);
    config.field = match spec.field {
        TokenField::Both => token::TokenField::Both,
        TokenField::Token => token::TokenField::Token,
        TokenField::AccessToken => token::TokenField::AccessToken,
    };
    config.expires_in = match spec.expires_in {
        ExpiresIn::Honest => token::ExpiresIn::Honest,
        ExpiresIn::Missing => token::ExpiresIn::Missing,
        ExpiresIn::Says(span) => token::ExpiresIn::Says(span.0),
    };
    config.last_scope_only = spec.last_scope_only;
    Ok(config)
}
