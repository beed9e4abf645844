//! What a scenario wants and a system file does not give: the reasons to skip. Not here: needs that all systems share (`setup`).

use shakedown_scenario::{AuthSpec, CacheKind, RegistrySettings};

use super::Redis;
use super::file::SystemFile;

/// What a system file calls this kind of cache.
pub(crate) fn kind_of(cache: CacheKind) -> Option<&'static str> {
    match cache {
        CacheKind::None => None,
        CacheKind::Memory => Some("memory"),
        CacheKind::Shared => Some("shared"),
    }
}

/// Why this system cannot have the scenario's cache. In CI a program that is not installed is no reason: the scenario then fails to start.
pub(crate) fn cannot_cache(file: &SystemFile, wanted: CacheKind) -> Option<String> {
    let kind = kind_of(wanted)?;
    if !file.settings.cache.contains_key(kind) {
        return Some(format!("{} has no setting `cache: {kind}`", file.title));
    }
    if file.compose.is_some() {
        return Some(format!("{} has the cache that its compose file has", file.title));
    }
    if let Some(place) = &file.container {
        let none = wanted == CacheKind::Shared && place.cache_image.is_none();
        return none.then(|| format!("{} names no `cache-image`", file.title));
    }
    let tolerated = wanted == CacheKind::Shared && std::env::var_os("CI").is_none();
    Redis::missing().filter(|_| tolerated)
}

/// Why this system cannot be the pull-through cache that the scenario wants.
pub(crate) fn cannot_pull_through(file: &SystemFile, wanted: bool) -> Option<String> {
    if wanted && file.is_contained() {
        return Some(format!("{} runs in a container, which does not reach the upstream in this process", file.title));
    }
    let unable = wanted && file.settings.upstream.is_none();
    unable.then(|| format!("{} has no setting `upstream`: it cannot be a pull-through cache here", file.title))
}

/// Why this system cannot ask who comes as the scenario wants it.
pub(crate) fn cannot_ask(file: &SystemFile, wanted: &AuthSpec) -> Option<String> {
    let kind = wanted.kind();
    if let AuthSpec::Basic(basic) = wanted
        && (basic.anonymous_pull || basic.users.values().any(|user| user.pull_only))
    {
        return Some(format!("{} knows no rights of users with passwords", file.title));
    }
    let known = *wanted == AuthSpec::None || file.settings.auth.contains_key(kind);
    (!known).then(|| format!("{} has no setting `auth: {kind}`", file.title))
}

/// What of the scenario's settings this system cannot be given; the reason to skip.
pub(crate) fn cannot_set(file: &SystemFile, chosen: &RegistrySettings) -> Option<String> {
    let settings = &file.settings;
    let missing = [
        ("redirect", chosen.redirect.is_some() && settings.redirect.is_none()),
        ("part-size", chosen.part_size.is_some() && settings.part_size.is_none()),
        ("delete", chosen.delete.is_some() && settings.delete.is_none()),
        ("shared-secret", chosen.shared_secret.is_some() && settings.shared_secret.is_none()),
        ("storage-health", chosen.storage_health.is_some() && settings.storage_health.is_none()),
        ("page-size", chosen.page_size.is_some()),
        ("sparse", chosen.sparse.is_some()),
        ("referrers", chosen.referrers.is_some()),
        ("warning", chosen.warning.is_some()),
        ("requests-per-minute", chosen.requests_per_minute.is_some()),
        ("chunk-min-length", chosen.chunk_min_length.is_some()),
        ("upload-expiry", chosen.upload_expiry.is_some()),
        ("namespace", chosen.namespace.is_some()),
        ("absolute-locations", chosen.absolute_locations.is_some()),
    ];
    if let Some((name, _)) = missing.into_iter().find(|(_, missing)| *missing) {
        return Some(format!("{} has no setting `{name}`", file.title));
    }
    let least = settings.part_size.and_then(|size| size.at_least);
    match (chosen.part_size, least) {
        (Some(chosen), Some(least)) if chosen < least => {
            Some(format!("{} takes parts of at least {least}, the scenario asks for {chosen}", file.title))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use shakedown_scenario::Size;

    fn distribution() -> SystemFile {
        SystemFile::parse("distribution-2.8", SystemFile::shipped("distribution-2.8").unwrap()).unwrap()
    }

    #[test]
    fn what_cannot_be_set_is_said() {
        let chosen = RegistrySettings { part_size: Some(Size(1 << 20)), ..RegistrySettings::default() };
        assert_eq!(
            cannot_set(&distribution(), &chosen).unwrap(),
            "docker-registry 2.8.2 takes parts of at least 5MiB, the scenario asks for 1MiB"
        );
        let mut file = distribution();
        file.settings.redirect = None;
        let chosen = RegistrySettings { redirect: Some(true), ..RegistrySettings::default() };
        assert_eq!(cannot_set(&file, &chosen).unwrap(), "docker-registry 2.8.2 has no setting `redirect`");
        assert_eq!(cannot_set(&file, &RegistrySettings::default()), None);
    }
}
