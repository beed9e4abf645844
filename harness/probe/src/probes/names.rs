//! Keys as registries and their repositories make them: characters that must be encoded, and length.

use super::errors::settled;
use crate::answer::Prepared as _;
use crate::calls::{Version, entries, names};
use crate::context::{Cx, SMALL};
use crate::plan::Level;
use crate::probe::{Check, Probe, Severities, Severity, due};

pub(super) const PROBES: &[Probe] = &[
    Probe {
        id: "obj.key_chars",
        title: "A key with a plus, a space and an equals sign is read, listed and copied under its own name",
        breaks: "copies and listings of keys that are encoded otherwise than the drivers do",
        severity: Severities::all(Severity::Degraded),
        source: &[],
        level: Level::Standard,
        requests: [0, 12, 12],
        bytes: [0, 2 * SMALL, 2 * SMALL],
        run: |cx| Box::pin(characters(cx)),
    },
    Probe {
        id: "obj.long_key",
        title: "A key of 900 bytes",
        breaks: "repositories with long names",
        severity: Severities::all(Severity::Degraded),
        source: &[],
        level: Level::Standard,
        requests: [0, 2, 2],
        bytes: [0, SMALL, SMALL],
        run: |cx| Box::pin(long(cx)),
    },
    Probe {
        id: "list.xml_escape",
        title: "A key with an ampersand and a letter beyond ASCII is listed so that it can be read",
        breaks: "one such key makes its whole page unreadable",
        severity: Severities::all(Severity::Degraded),
        source: &[],
        level: Level::Standard,
        requests: [0, 9, 9],
        bytes: [0, SMALL, SMALL],
        run: |cx| Box::pin(escaped(cx)),
    },
];

async fn characters(cx: &Cx) -> Check {
    let (key, copied, bytes) = (cx.key("_uploads/a+b c=d/data"), cx.key("_blobs/a+b c=d/data"), cx.content("it", 71));
    cx.put(&key, bytes.clone()).await?;
    cx.reads(&key, &bytes).await?;
    is_listed(cx, &key).await?;
    cx.copy(&key, &copied).await?;
    // A copy that is told and not there is copy.object's.
    cx.reads(&copied, &bytes).await.prepared()
}

/// As many segments as it takes: stores on file systems limit the length of one, and registries' are short.
async fn long(cx: &Cx) -> Check {
    let mut key = cx.key("");
    while key.len() < 890 {
        key.push_str("component-of-the-name/");
    }
    key.push_str(&"x".repeat(900_usize.saturating_sub(key.len())));
    let bytes = cx.content("it", 71);
    cx.put(&key, bytes.clone()).await?;
    cx.reads(&key, &bytes).await
}

async fn escaped(cx: &Cx) -> Check {
    let key = cx.key("a&b<é");
    // Who refuses such a key has no page that it could spoil.
    cx.put(&key, "x").await.prepared()?;
    is_listed(cx, &key).await
}

async fn is_listed(cx: &Cx, key: &str) -> Check {
    settled(cx, key, 1).await?;
    let page = cx.list(Version::V2, &[("prefix", key)]).await?;
    let found: Vec<_> = entries(&page)?.0.into_iter().map(|entry| entry.key).collect();
    due!(found == [key], "the listing of the key shows {:?}", names(&found, &cx.key("")));
    Ok(())
}
