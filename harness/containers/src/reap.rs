//! Removes containers that no running process owns any more, and networks and volumes of compose files with them. Not here: containers of runs that go on, which remove theirs themselves.

use std::collections::HashMap;

use testcontainers::bollard::Docker;
use testcontainers::bollard::models::ContainerSummary;
use testcontainers::bollard::query_parameters::{
    ListContainersOptionsBuilder, ListNetworksOptionsBuilder, ListVolumesOptionsBuilder, RemoveContainerOptionsBuilder,
    RemoveVolumeOptions,
};

use crate::{Error, Owner, engine, runtime};

/// The label that says who started a container.
pub(crate) const OWNER: &str = "shakedown.owner";
/// The label that tells one start from all others.
pub(crate) const START: &str = "shakedown.start";

/// Removes what processes of this host have left that are gone (killed, or ended by a crash of the engine); gives how many.
///
/// # Errors
/// There is no engine, or it refuses.
pub async fn reap() -> Result<usize, Error> {
    runtime::there(async {
        let client = engine::client().await?;
        let mut removed = 0;
        for container in labelled(client, OWNER.to_owned()).await? {
            let owner = container.labels.as_ref().and_then(|labels| Owner::parse(labels.get(OWNER)?));
            if owner.is_some_and(|owner| owner.is_gone()) {
                remove(client, &container.id.unwrap_or_default()).await?;
                removed += 1;
            }
        }
        let is_gone = |labels: &HashMap<String, String>| {
            labels.get(OWNER).and_then(|owner| Owner::parse(owner)).is_some_and(|owner| owner.is_gone())
        };
        Ok(removed + networks_and_volumes(client, OWNER, is_gone).await?)
    })
    .await
}

/// Containers with this label (`NAME` or `NAME=VALUE`), those that have ended included.
pub(crate) async fn labelled(client: &Docker, label: String) -> Result<Vec<ContainerSummary>, Error> {
    let filters = HashMap::from([("label", vec![label])]);
    let options = ListContainersOptionsBuilder::default().all(true).filters(&filters).build();
    client.list_containers(Some(options)).await.map_err(|error| Error::told("list containers", error))
}

/// Removes networks and volumes with this label (`NAME` or `NAME=VALUE`) whose labels are of what is to go; gives how many.
pub(crate) async fn networks_and_volumes(
    client: &Docker,
    label: &str,
    goes: impl Fn(&HashMap<String, String>) -> bool,
) -> Result<usize, Error> {
    let filters = HashMap::from([("label", vec![label.to_owned()])]);
    let mut removed = 0;
    let options = ListNetworksOptionsBuilder::default().filters(&filters).build();
    let networks = client.list_networks(Some(options)).await.map_err(|error| Error::told("list networks", error))?;
    for network in networks.into_iter().filter(|network| goes(network.labels.as_ref().unwrap_or(&HashMap::new()))) {
        // One that is in use goes with its last container.
        removed += usize::from(client.remove_network(&network.id.unwrap_or_default()).await.is_ok());
    }
    let options = ListVolumesOptionsBuilder::default().filters(&filters).build();
    let volumes = client.list_volumes(Some(options)).await.map_err(|error| Error::told("list volumes", error))?;
    for volume in volumes.volumes.unwrap_or_default().into_iter().filter(|volume| goes(&volume.labels)) {
        removed += usize::from(client.remove_volume(&volume.name, None::<RemoveVolumeOptions>).await.is_ok());
    }
    Ok(removed)
}

/// Removes a container with its volumes, whatever it does; one that is gone or going is no error.
pub(crate) async fn remove(client: &Docker, id: &str) -> Result<(), Error> {
    use testcontainers::bollard::errors::Error::DockerResponseServerError as Answer;
    let options = RemoveContainerOptionsBuilder::default().force(true).v(true).build();
    match client.remove_container(id, Some(options)).await {
        Ok(()) | Err(Answer { status_code: 404 | 409, .. }) => Ok(()),
        Err(error) => Err(Error::told(format!("remove container {id}"), error)),
    }
}
