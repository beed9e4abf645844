//! `shakedown serve token`: a token server by hand, for the reference registry, docker-registry or your own.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use shakedown_faults::{Fault, On};
use shakedown_peers::token::{Algorithm, Anonymous, Rights, TokenConfig, TokenServer};
use shakedown_wire::Clock;

use super::{Signals, fault_file, listen, logged, until_interrupted};
use crate::exit::Exit;
use crate::output::{Failure, Output};

/// A token server (Docker's token protocol and OAuth2), for a registry that wants tokens
#[derive(Debug, clap::Args)]
#[command(after_help = "Example: shakedown serve token --user ann=ann-pw --jwks-out jwks.json &
         shakedown serve registry --token-realm http://127.0.0.1:5001/token --token-jwks jwks.json &
         skopeo login --tls-verify=false -u ann -p ann-pw 127.0.0.1:5000
A right is a scope with patterns: --user 'bob=bob-pw=repository:lab/**:pull'. Without one a user may do everything.")]
pub(super) struct TokenArgs {
    /// Address to listen on; port 0 takes a free one
    #[arg(long, default_value = "127.0.0.1:5001", env = "SHAKEDOWN_LISTEN")]
    listen: SocketAddr,
    /// NAME=PASSWORD, or NAME=PASSWORD=RIGHT RIGHT...; may be given more than once
    #[arg(long = "user", value_name = "USER", env = "SHAKEDOWN_TOKEN_USER", hide_env_values = true)]
    users: Vec<String>,
    /// What nobody in particular may do, e.g. repository:**:pull; without it they are refused
    #[arg(long, value_name = "RIGHTS", env = "SHAKEDOWN_ANONYMOUS")]
    anonymous: Option<String>,
    /// The service that tokens are for
    #[arg(long, default_value = "registry", env = "SHAKEDOWN_TOKEN_SERVICE")]
    service: String,
    /// The issuer that tokens name
    #[arg(long, default_value = "shakedown", env = "SHAKEDOWN_TOKEN_ISSUER")]
    issuer: String,
    /// How tokens are signed
    #[arg(long, value_enum, default_value = "es256", env = "SHAKEDOWN_TOKEN_ALGORITHM")]
    algorithm: Signature,
    /// Life of a token, in seconds
    #[arg(long, value_name = "SECONDS", default_value_t = 300, env = "SHAKEDOWN_TOKEN_LIFETIME")]
    lifetime: u64,
    /// How far the server's clock is ahead, in seconds; may be negative
    #[arg(long, value_name = "SECONDS", default_value_t = 0, allow_hyphen_values = true, env = "SHAKEDOWN_CLOCK_SKEW")]
    clock_skew: i32,
    /// Writes the public keys here (JWKS)
    #[arg(long, value_name = "FILE", env = "SHAKEDOWN_JWKS_OUT")]
    jwks_out: Option<PathBuf>,
    /// Writes the certificate of the key here (PEM, for docker-registry's rootcertbundle), and puts it into each token; es256 only
    #[arg(long, value_name = "FILE", env = "SHAKEDOWN_CERTIFICATE_OUT")]
    certificate_out: Option<PathBuf>,
    /// Faults: a YAML file with a list of faults `on: token`
    #[arg(long = "fault", value_name = "FILE", env = "SHAKEDOWN_FAULT")]
    faults: Option<String>,
    /// Seed of keys and of everything random: whoever knows it can sign tokens
    #[arg(long, default_value_t = 1, env = "SHAKEDOWN_SEED")]
    seed: u64,
}

/// How tokens are signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Signature {
    Es256,
    Eddsa,
    Rs256,
}

pub(super) async fn serve(args: &TokenArgs, signals: Signals, output: &Output) -> Result<Exit, Failure> {
    let clock = Clock::real_time();
    let server = TokenServer::new(args.config()?, &clock, args.seed);
    let write = |file: &PathBuf, text: String| {
        std::fs::write(file, text)
            .map_err(|error| Failure::environment(format!("cannot write {}: {error}", file.display())))
    };
    if let Some(file) = &args.jwks_out {
        write(file, server.jwks())?;
    }
    if let Some(file) = &args.certificate_out {
        let certificate = server.certificate();
        write(file, certificate.ok_or_else(|| Failure::usage("--certificate-out needs --algorithm es256"))?)?;
    }
    server.injector().replace(args.faults()?, args.seed);
    let listening = listen(args.listen, logged("token", server.party(), &clock, output)).await?;
    let base = listening.base_uri();
    let names: Vec<_> = server.config().users.keys().map(String::as_str).collect();
    let names = if names.is_empty() { "no users".to_owned() } else { format!("users {}", names.join(", ")) };
    let ready = format!("ready: token server on {base} (realm {base}/token, keys {base}/jwks, {names})");
    until_interrupted(vec![listening], signals, &ready, output).await;
    Ok(Exit::Passed)
}

impl TokenArgs {
    fn config(&self) -> Result<TokenConfig, Failure> {
        let mut config = TokenConfig::new(&self.issuer, &self.service);
        config.algorithm = match self.algorithm {
            Signature::Es256 => Algorithm::Es256,
            Signature::Eddsa => Algorithm::EdDsa,
            Signature::Rs256 => Algorithm::Rs256,
        };
        config.certificate = self.certificate_out.is_some();
        config.lifetime = Duration::from_secs(self.lifetime);
        config.skew_ms = i64::from(self.clock_skew) * 1000;
        if let Some(text) = &self.anonymous {
            config.anonymous = Anonymous::Rights(rights(text)?);
        }
        for user in &self.users {
            // The argument is not shown: it holds a password.
            let bad = || Failure::usage("--user: write NAME=PASSWORD or NAME=PASSWORD=RIGHTS");
            let (name, rest) = user.split_once('=').filter(|(name, _)| !name.is_empty()).ok_or_else(bad)?;
            let (password, rights) = match rest.split_once('=') {
                None => (rest, Rights::all()),
                Some((password, text)) => (password, rights(text)?),
            };
            config = config.user(name, password, rights);
        }
        Ok(config)
    }

    fn faults(&self) -> Result<Vec<Fault>, Failure> {
        let faults = self.faults.as_deref().map_or(Ok(Vec::new()), fault_file)?;
        match faults.iter().all(|fault| fault.on == On::Token) {
            true => Ok(faults),
            false => Err(Failure::usage("--fault: only faults `on: token` act on a token server")),
        }
    }
}

fn rights(text: &str) -> Result<Rights, Failure> {
    Rights::parse(text.split_ascii_whitespace()).map_err(|error| Failure::usage(error.to_string()))
}
