//! What a page of a listing says: the exact key first, the elements that drivers dereference, nothing that was not written.

use super::errors::settled;
use crate::answer::Prepared as _;
use crate::ask::Ask;
use crate::calls::{Version, entries, names};
use crate::context::{Cx, SMALL};
use crate::plan::Level;
use crate::probe::{Check, Probe, Severities, Severity, due};
use crate::profile::Profile;

const GROUP: [Profile; 3] = [Profile::Distribution3, Profile::Zot, Profile::Gitlab];

pub(super) const PROBES: &[Probe] = &[
    Probe {
        id: "list.v1_exact",
        title: "ListObjects of a key, one entry, gives that key and not a longer one",
        breaks: "distribution 2.8's Stat: what is there is not found",
        severity: Severities::only(Profile::D28, Severity::Blocker),
        source: &["seaweedfs#1407"],
        level: Level::Quick,
        requests: [12; 3],
        bytes: [SMALL; 3],
        run: |cx| Box::pin(exact(cx, Version::V1)),
    },
    Probe {
        id: "list.v2_exact",
        title: "ListObjectsV2 of a key, one entry, gives that key and not a longer one",
        breaks: "distribution 3's Stat where HEAD does not help",
        severity: Severities::only(&GROUP, Severity::Blocker),
        source: &["seaweedfs#1407"],
        level: Level::Quick,
        requests: [12; 3],
        bytes: [SMALL; 3],
        run: |cx| Box::pin(exact(cx, Version::V2)),
    },
    Probe {
        id: "list.istruncated",
        title: "IsTruncated stands in each listing: of objects (both versions), of uploads, of parts",
        breaks: "the registry's request panics and the connection is dropped",
        severity: Severities::only(Profile::DRIVER, Severity::Blocker),
        source: &["seaweedfs#3682", "rustfs#782"],
        level: Level::Quick,
        requests: [7; 3],
        bytes: [SMALL; 3],
        run: |cx| Box::pin(is_truncated(cx)),
    },
    Probe {
        id: "list.byte_order",
        title: "Keys are listed in the order of their bytes",
        breaks: "walks and tag lists of distribution 3 lose directories; 2.8 leaves tags behind",
        severity: Severities::only(Profile::DRIVER, Severity::Blocker),
        source: &[],
        level: Level::Quick,
        requests: [16; 3],
        bytes: [SMALL; 3],
        run: |cx| Box::pin(byte_order(cx)),
    },
    Probe {
        id: "list.no_phantom",
        title: "A directory whose objects are deleted is gone",
        breaks: "garbage collection and catalog end with `invalid path`",
        severity: Severities::only(Profile::DRIVER, Severity::Degraded),
        source: &["distribution#2387", "distribution#2119"],
        level: Level::Quick,
        requests: [10; 3],
        bytes: [SMALL; 3],
        run: |cx| Box::pin(no_phantom(cx)),
    },
];

async fn exact(cx: &Cx, version: Version) -> Check {
    let key = cx.key("repo/base");
    for name in ["repo/base-x", "repo/basement", "repo/base/y", "repo/base"] {
        cx.put(&cx.key(name), "12345").await.prepared()?;
    }
    settled(cx, &key, 4).await?;
    let page = cx.list(version, &[("prefix", &key), ("max-keys", "1")]).await?;
    let (found, _) = entries(&page)?;
    let Some(first) = found.first() else {
        due!(false, "the listing of a key that is there is empty");
        return Ok(());
    };
    due!(first.key == key, "the first entry is {:?} and not the key itself", first.key.rsplit('/').next());
    due!(first.size == 5, "the listing says {} bytes where 5 were stored", first.size);
    Ok(())
}

async fn is_truncated(cx: &Cx) -> Check {
    let key = cx.key("object");
    cx.put(&key, "x").await.prepared()?;
    let id = cx.create(&key).await.prepared()?;
    let (v1, v2) = (Ask::get(""), Ask::get("").query("list-type", 2));
    let asks = [
        v1.query("prefix", &key),
        v2.query("prefix", &key),
        Ask::get("").query("uploads", "").query("prefix", &key),
        Ask::get(&key).query("uploadId", &id),
    ];
    for ask in asks {
        let reply = cx.send(ask.fresh()).await?;
        // A listing that is refused is another probe's.
        reply.status(200).prepared()?;
        let said = reply.root().and_then(|root| root.text_of("IsTruncated").map(str::to_owned));
        due!(
            matches!(said.as_deref(), Some("true" | "false")),
            "{} has IsTruncated {}; true or false was due",
            reply.what,
            said.as_deref().unwrap_or("nowhere")
        );
    }
    cx.abort(&key, &id).await.prepared().map(drop)
}

async fn byte_order(cx: &Cx) -> Check {
    let mut due = Vec::new();
    for name in ["a", "A", "a-b", "a.b", "a/b", "a_b", "ab"] {
        due.push(cx.key(name));
        cx.put(&cx.key(name), "x").await.prepared()?;
    }
    due.sort();
    settled(cx, &cx.key(""), due.len()).await?;
    let page = cx.list(Version::V2, &[("prefix", &cx.key(""))]).await.prepared()?;
    let found: Vec<_> = entries(&page).prepared()?.0.into_iter().map(|entry| entry.key).collect();
    due!(found == due, "listed in the order {}; the order of bytes was due", names(&found, &cx.key("")));
    Ok(())
}

async fn no_phantom(cx: &Cx) -> Check {
    let (kept, gone) = (cx.key("kept/object"), cx.key("gone/object"));
    for key in [&kept, &gone] {
        cx.put(key, "x").await.prepared()?;
    }
    cx.send(Ask::delete(&gone)).await?.success().prepared()?;
    let query = [("prefix", cx.key("")), ("delimiter", "/".to_owned())];
    let query: Vec<_> = query.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let mut seen = Vec::new();
    // A listing that is late is asked by cons.delete; here it may take its time.
    for pause in [0, 500, 1000, 2000, 4000] {
        tokio::time::sleep(std::time::Duration::from_millis(pause)).await;
        let page = cx.list(Version::V2, &query).await.prepared()?;
        let (keys, prefixes) = entries(&page).prepared()?;
        seen = prefixes;
        seen.extend(keys.into_iter().map(|entry| entry.key));
        if !seen.contains(&cx.key("gone/")) && seen.contains(&cx.key("kept/")) {
            break;
        }
    }
    due!(seen == [cx.key("kept/")], "after a delete the listing shows {}; kept/ was due", names(&seen, &cx.key("")));
    Ok(())
}
