//! `storage`: changes the bucket behind the registry's back.

use bytes::Bytes;
use shakedown_faults::glob::Glob;
use shakedown_scenario::steps::{StorageStep, StorageStep as S};

use super::Done;
use crate::content::derive;
use crate::stage::Stage;
use crate::view::ViewError;

/// Largest bucket that is remembered, in bytes.
const REMEMBERED: u64 = 256 << 20;

pub(super) async fn run(stage: &Stage, step: &StorageStep) -> Result<Done, String> {
    let step = match step {
        S::SwapBucket { to: None } => S::SwapBucket { to: None },
        S::SwapBucket { to: Some(name) } => return swap(stage, name).await,
        S::Remember(name) => return Ok(Done::from(remember(stage, name).await?)),
        S::Lose { key, percent } => return Ok(Done::from(lose(stage, &stage.fill(key)?, *percent).await?)),
        S::Write { key, text } => return write(stage, &stage.fill(key)?, stage.fill(text)?).await,
        S::Delete(key) => S::Delete(stage.fill(key)?),
        S::Truncate { key, to } => S::Truncate { key: stage.fill(key)?, to: *to },
        S::Corrupt { key, at } => S::Corrupt { key: stage.fill(key)?, at: *at },
        S::ForeignUploads { count, prefix } => S::ForeignUploads { count: *count, prefix: stage.fill(prefix)? },
    };
    Ok(Done::from(stage.world.store()?.change(&step).await))
}

/// The same keys for the same seed, whatever the order in which they are listed.
async fn lose(stage: &Stage, glob: &str, percent: u8) -> Result<Result<(), ViewError>, String> {
    let (store, glob) = (stage.world.store()?, Glob::new(glob));
    let seed = stage.world.seed();
    let lost = |key: &str| derive(seed, &["lose", key]) % 100 < u64::from(percent);
    let objects = match store.objects().await {
        Ok(objects) => objects,
        Err(error) => return Ok(Err(error)),
    };
    for object in objects.iter().filter(|object| glob.fits_path(&object.key) && lost(&object.key)) {
        if let Err(error) = store.change(&S::Delete(object.key.clone())).await {
            return Ok(Err(error));
        }
    }
    Ok(Ok(()))
}

async fn remember(stage: &Stage, name: &str) -> Result<Result<(), ViewError>, String> {
    let store = stage.world.store()?;
    let look = async {
        let objects = store.objects().await?;
        let bytes: u64 = objects.iter().map(|object| object.size).sum();
        if bytes > REMEMBERED {
            let reason = format!("it has {bytes} bytes, at most {REMEMBERED} are remembered");
            return Err(ViewError { what: "the bucket".to_owned(), reason });
        }
        let mut kept = Vec::new();
        for object in objects {
            let limit = usize::try_from(object.size).unwrap_or(usize::MAX);
            kept.extend(store.read(&object.key, limit).await?.map(|bytes| (object.key, bytes)));
        }
        stage.remember(name, kept);
        Ok(())
    };
    Ok(look.await)
}

async fn swap(stage: &Stage, name: &str) -> Result<Done, String> {
    let store = stage.world.store()?;
    let kept = stage.remembered(name).ok_or_else(|| format!("no bucket was remembered as `{name}`"))?;
    let change = async {
        store.change(&S::SwapBucket { to: None }).await?;
        for (key, bytes) in kept {
            store.put(&key, bytes).await?;
        }
        Ok(())
    };
    Ok(Done::from(change.await))
}

/// Every object that fits gets this text; a key that is no pattern is made if it is not there.
async fn write(stage: &Stage, key: &str, text: String) -> Result<Done, String> {
    let (store, glob, text) = (stage.world.store()?, Glob::new(key), Bytes::from(text));
    let change = async {
        let objects = store.objects().await?;
        let mut keys: Vec<String> =
            objects.into_iter().map(|object| object.key).filter(|found| glob.fits_path(found)).collect();
        if keys.is_empty() && !key.contains(['*', '?']) {
            keys.push(key.to_owned());
        }
        for key in keys {
            store.put(&key, text.clone()).await?;
        }
        Ok(())
    };
    Ok(Done::from(change.await))
}
