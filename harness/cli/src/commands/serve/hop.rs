//! `shakedown serve hop`: the process that `shakedown bench --against limit` starts. Hidden: by hand it is of no use.

use std::net::SocketAddr;

use http::uri::Authority;

use super::{Signals, listen, until_interrupted};
use crate::exit::Exit;
use crate::output::{Failure, Output};

/// Passes everything on and hashes what is pushed: what `bench` measures as the system `limit`
#[derive(Debug, clap::Args)]
pub(super) struct HopArgs {
    /// What it stands before, e.g. http://127.0.0.1:5000
    #[arg(long, value_name = "URL", value_parser = shakedown_peers::gateway::upstream)]
    upstream: Authority,
    /// Address to listen on; port 0 takes a free one
    #[arg(long, default_value = "127.0.0.1:0")]
    listen: SocketAddr,
}

/// Serves until a signal.
pub(super) async fn serve(args: &HopArgs, signals: Signals, output: &Output) -> Result<Exit, Failure> {
    let server = listen(args.listen, shakedown_load::hop(args.upstream.clone())).await?;
    let ready = format!("ready: hop on {} (before {})", server.base_uri(), args.upstream);
    until_interrupted(vec![server], signals, &ready, output).await;
    Ok(Exit::Passed)
}
