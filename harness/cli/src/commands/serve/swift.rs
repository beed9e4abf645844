//! `shakedown serve swift`: a Swift with auth v1 by hand, for a registry's driver or a client library.

use std::net::SocketAddr;

use shakedown_faults::Span;
use shakedown_peers::swift::{Swift, SwiftConfig};
use shakedown_wire::Clock;

use super::{Signals, listen, logged, until_interrupted};
use crate::exit::Exit;
use crate::output::{Failure, Output};

/// A Swift (auth v1) whose tokens end early and whose segments are listed late
#[derive(Debug, clap::Args)]
#[command(after_help = "Example: shakedown serve swift --token-life 30s --listed-after 3s -v &
         curl -i -H 'X-Auth-User: lab:tester' -H 'X-Auth-Key: testing' 127.0.0.1:8090/auth/v1.0
A library that does not begin a body anew after a 401 shows it here: PUT 401, then PUT 400 (shakedown explain J01).")]
pub(super) struct SwiftArgs {
    /// Address to listen on; port 0 takes a free one
    #[arg(long, default_value = "127.0.0.1:8090", env = "SHAKEDOWN_LISTEN")]
    listen: SocketAddr,
    /// Who may log in (X-Auth-User)
    #[arg(long, default_value = "lab:tester", env = "SHAKEDOWN_SWIFT_USER")]
    user: String,
    /// Its key (X-Auth-Key); prefer the environment variable, command lines are visible to others
    #[arg(long, default_value = "testing", env = "SHAKEDOWN_SWIFT_KEY", hide_env_values = true)]
    key: String,
    /// A container that exists from the start; may be given more than once
    #[arg(long = "container", default_value = "lab", env = "SHAKEDOWN_CONTAINER", value_delimiter = ',')]
    containers: Vec<String>,
    /// How long a token is good
    #[arg(long, value_name = "DURATION", default_value = "24h", env = "SHAKEDOWN_TOKEN_LIFE")]
    token_life: Span,
    /// How long listings, and so large objects, do not show what was put
    #[arg(long, value_name = "DURATION", default_value = "0s", env = "SHAKEDOWN_LISTED_AFTER")]
    listed_after: Span,
    /// Seed of the tokens
    #[arg(long, default_value_t = 1, env = "SHAKEDOWN_SEED")]
    seed: u64,
}

/// Serves until a signal.
pub(super) async fn serve(args: &SwiftArgs, signals: Signals, output: &Output) -> Result<Exit, Failure> {
    let clock = Clock::real_time();
    let config = SwiftConfig {
        user: args.user.clone(),
        key: args.key.clone(),
        token_life: args.token_life.0,
        listed_after: args.listed_after.0,
        containers: args.containers.clone(),
    };
    let swift = Swift::new(config, &clock, args.seed);
    let server = listen(args.listen, logged("swift", swift.party(), &clock, output)).await?;
    let base = server.base_uri();
    let ready = format!("ready: Swift on {base} (login {base}/auth/v1.0, containers {})", args.containers.join(", "));
    until_interrupted(vec![server], signals, &ready, output).await;
    Ok(Exit::Passed)
}
