//! Which engine there is: Docker or Podman, by `DOCKER_HOST` or by the sockets they usually have; and where its containers find us.

use std::net::{IpAddr, Ipv4Addr, TcpListener};
use std::path::PathBuf;

use testcontainers::bollard::Docker;
use testcontainers::core::client::docker_client_instance;
use tokio::sync::OnceCell;

use crate::{Error, one_line, runtime};

/// What containers call the host where it has no address in their network.
pub(crate) const HOST_NAME: &str = "host.docker.internal";

/// What an engine is called that is Docker, or as good.
pub const DOCKER: &str = "Docker";
/// What Podman is called.
pub const PODMAN: &str = "Podman";

/// Where containers and this process meet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Meeting {
    /// Where we listen.
    pub bind: IpAddr,
    /// What containers call it.
    pub name: String,
}

static CLIENT: OnceCell<Docker> = OnceCell::const_new();

/// The engine's client; must be called on the runtime of the engine.
pub(crate) async fn client() -> Result<&'static Docker, Error> {
    CLIENT
        .get_or_try_init(|| async {
            let wrong = |error: &dyn std::fmt::Display| Error::NoEngine(format!("{}{}", one_line(&error), hint()));
            let client = docker_client_instance().await.map_err(|error| wrong(&error))?;
            client.ping().await.map_err(|error| wrong(&error))?;
            Ok(client)
        })
        .await
}

fn hint() -> &'static str {
    "; start Docker or Podman (podman system service), or name its socket in DOCKER_HOST"
}

/// Is there an engine?
///
/// # Errors
/// [`Error::NoEngine`], with what to do.
pub async fn find() -> Result<(), Error> {
    runtime::there(async { client().await.map(|_| ()) }).await
}

/// What an engine says of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct About {
    /// [`DOCKER`] or [`PODMAN`].
    pub name: &'static str,
    /// Its version.
    pub version: String,
    /// Its date and time, RFC 3339, where it tells it.
    pub date: Option<String>,
}

/// Asks the engine what it is.
///
/// # Errors
/// There is no engine, or it does not say.
pub async fn about() -> Result<About, Error> {
    runtime::there(async {
        let client = client().await?;
        let version = client.version().await.map_err(|error| Error::told("its version", error))?;
        let parts = version.components.unwrap_or_default();
        let is_podman = parts.iter().any(|part| part.name.contains("Podman"));
        let date = client.info().await.ok().and_then(|info| info.system_time);
        let name = if is_podman { PODMAN } else { DOCKER };
        Ok(About { name, version: version.version.unwrap_or_else(|| "of unknown version".to_owned()), date })
    })
    .await
}

/// Which engines have a socket where they usually have one: Docker, Podman.
pub fn sockets() -> [bool; 2] {
    [docker_sockets(), podman_sockets()].map(|places| places.iter().any(|path| path.exists()))
}

/// The socket of a Podman that runs where nothing else is named and no Docker is: what `DOCKER_HOST` must say for it to be found.
pub fn podman() -> Option<String> {
    if std::env::var_os("DOCKER_HOST").is_some() || docker_sockets().iter().any(|path| path.exists()) {
        return None;
    }
    let socket = podman_sockets().into_iter().find(|path| path.exists())?;
    Some(format!("unix://{}", socket.display()))
}

fn docker_sockets() -> Vec<PathBuf> {
    let home = std::env::home_dir().unwrap_or_default();
    let of_user = [".docker/run/docker.sock", ".docker/desktop/docker.sock"].map(|path| home.join(path));
    let of_runtime = runtime_dir().map(|dir| dir.join("docker.sock"));
    of_user.into_iter().chain(of_runtime).chain([PathBuf::from("/var/run/docker.sock")]).collect()
}

fn podman_sockets() -> Vec<PathBuf> {
    let of_user = runtime_dir().map(|dir| dir.join("podman/podman.sock"));
    of_user.into_iter().chain([PathBuf::from("/run/podman/podman.sock")]).collect()
}

fn runtime_dir() -> Option<PathBuf> {
    std::env::var_os("XDG_RUNTIME_DIR").map(PathBuf::from)
}

/// The host's address in the network that containers are in by default, where it has one (Linux); else loopback, which the engine must
/// lead to under a name.
///
/// # Errors
/// There is no engine.
pub async fn meeting() -> Result<Meeting, Error> {
    static MEETING: OnceCell<Meeting> = OnceCell::const_new();
    let found =
        MEETING.get_or_try_init(|| runtime::there(async { Ok(look_for_meeting(client().await?).await) })).await?;
    Ok(found.clone())
}

async fn look_for_meeting(client: &Docker) -> Meeting {
    for network in ["bridge", "podman"] {
        let Ok(network) = client.inspect_network(network, None).await else { continue };
        let subnets = network.ipam.and_then(|ipam| ipam.config).unwrap_or_default();
        let gateways = subnets.into_iter().filter_map(|subnet| {
            let first = |subnet: String| {
                let (base, _) = subnet.split_once('/')?;
                let base = u32::from(base.parse::<Ipv4Addr>().ok()?);
                Some(Ipv4Addr::from(base + 1).to_string())
            };
            subnet.gateway.or_else(|| subnet.subnet.and_then(first))
        });
        for gateway in gateways {
            if let Ok(address) = gateway.parse::<IpAddr>()
                && TcpListener::bind((address, 0)).is_ok()
            {
                return Meeting { bind: address, name: address.to_string() };
            }
        }
    }
    Meeting { bind: Ipv4Addr::LOCALHOST.into(), name: HOST_NAME.to_owned() }
}
