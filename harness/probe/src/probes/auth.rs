//! Signatures, secrets and clocks.

use std::time::Duration;

use crate::answer::Prepared as _;
use crate::ask::{Ask, Sign};
use crate::context::{Cx, SMALL};
use crate::plan::Level;
use crate::probe::{Check, End, Probe, Severities, Severity, due};

pub(super) const PROBES: &[Probe] = &[
    Probe {
        id: "auth.sigv4_header",
        title: "PUT, GET and DELETE signed in their headers are accepted",
        breaks: "everything",
        severity: Severities::all(Severity::Blocker),
        source: &[],
        level: Level::Quick,
        requests: [3; 3],
        bytes: [4 << 20; 3],
        run: |cx| Box::pin(signed(cx)),
    },
    Probe {
        id: "auth.wrong_secret",
        title: "A wrong secret is refused with 403",
        breaks: "nothing of a registry; the bucket is open to everybody who knows its name",
        severity: Severities::all(Severity::Degraded),
        source: &[],
        level: Level::Quick,
        requests: [2; 3],
        bytes: [4 << 20; 3],
        run: |cx| Box::pin(wrong_secret(cx)),
    },
    Probe {
        id: "auth.clock_skew",
        title: "The store's clock agrees with ours",
        breaks: "every call: SDKs do not correct a skew, and the store answers RequestTimeTooSkewed",
        severity: Severities::all(Severity::Info),
        source: &[],
        level: Level::Quick,
        requests: [2; 3],
        bytes: [4 << 20; 3],
        run: |cx| Box::pin(clock(cx)),
    },
    Probe {
        id: "auth.intermittent",
        title: "No signed request is refused now and then",
        breaks: "pushes, now and then: SDKs do not repeat 4xx",
        severity: Severities::all(Severity::Blocker),
        source: &["B03"],
        level: Level::Quick,
        requests: [22, 201, 1001],
        bytes: [4 << 20; 3],
        run: |cx| Box::pin(intermittent(cx)),
    },
    Probe {
        id: "auth.payload_hash",
        title: "A body that is not the one that was signed is refused and not stored",
        breaks: "nothing at once; bytes that change on their way in are stored unseen",
        severity: Severities::all(Severity::Degraded),
        source: &[],
        level: Level::Standard,
        requests: [0, 2, 2],
        bytes: [0, SMALL, SMALL],
        run: |cx| Box::pin(payload_hash(cx)),
    },
    Probe {
        id: "auth.least_priv",
        title: "With the registry's own keys a missing key is 404 and not 403",
        breaks: "HEAD of an absent blob is 500, and so is every first push: the policy lacks s3:ListBucket",
        severity: Severities::all(Severity::Blocker),
        source: &["docker/docs#14818"],
        level: Level::Quick,
        requests: [1; 3],
        bytes: [SMALL; 3],
        run: |cx| Box::pin(least_privilege(cx)),
    },
    Probe {
        id: "addr.region",
        title: "A request that is signed for another region is answered, or refused with an S3 code",
        breaks: "nothing of a registry that is set up rightly; a wrong region is not told as such",
        severity: Severities::all(Severity::Info),
        source: &[],
        level: Level::Standard,
        requests: [0, 1, 1],
        bytes: [0, SMALL, SMALL],
        run: |cx| Box::pin(other_region(cx)),
    },
];

async fn signed(cx: &Cx) -> Check {
    let key = cx.key("object");
    // Bare calls: what the drivers add to them is asked by obj.put_driver_headers.
    cx.send(Ask::put(&key, "signed")).await?.status(200)?;
    cx.send(Ask::get(&key).fresh()).await?.status(200)?.body_is(b"signed")?;
    cx.send(Ask::delete(&key).fresh()).await?.success().map(drop)
}

async fn wrong_secret(cx: &Cx) -> Check {
    let key = cx.key("object");
    cx.send(Ask::put(&key, "secret")).await?.status(200).prepared()?;
    let reply = cx.send(Ask::get(&key).sign(Sign::WrongSecret).fresh()).await?;
    due!(matches!(reply.status, 401 | 403), "a GET signed with a wrong secret answered {}; 403 was due", reply.seen());
    if reply.code().is_none() {
        cx.note(format!("the refusal has no S3 error code: {}", reply.seen()));
    }
    Ok(())
}

async fn clock(cx: &Cx) -> Check {
    let list = || Ask::get("").query("list-type", 2).query("max-keys", 1).query("prefix", cx.key("")).fresh();
    let reply = cx.send(list()).await?;
    reply.status(200).prepared()?;
    let Ok(theirs) = httpdate::parse_http_date(reply.header("date")) else {
        return Err(End::NotAsked("the answers have no Date, so its clock is not known".into()));
    };
    let ours = cx.run.clock.now();
    let skew = ours.duration_since(theirs).or_else(|_| theirs.duration_since(ours)).unwrap_or_default();
    cx.measure("own_skew_s", skew.as_secs_f64().round());
    let late = cx.send(list().sign(Sign::Skewed(-20))).await?;
    cx.note(format!("a request signed 20 minutes ago is answered {}", late.seen()));
    if skew > Duration::from_secs(300) {
        return Err(End::Breaks(format!("the clocks differ by {} s; at 900 s every call fails", skew.as_secs())));
    }
    due!(skew <= Duration::from_secs(60), "the clocks differ by {} s", skew.as_secs());
    Ok(())
}

async fn intermittent(cx: &Cx) -> Check {
    let key = cx.key("object");
    cx.send(Ask::put(&key, "again")).await?.status(200).prepared()?;
    let count = cx.times(10, 200, 1000);
    let mut refused = Vec::new();
    for _ in 0..count {
        let reply = cx.send(Ask::get(&key).fresh()).await?;
        if matches!(reply.status, 401 | 403) {
            refused.push(reply.seen());
        }
    }
    cx.measure("refused", refused.len() as f64);
    cx.measure("of", f64::from(count));
    due!(refused.is_empty(), "{} of {count} signed requests were refused: {}", refused.len(), refused[0]);
    Ok(())
}

async fn payload_hash(cx: &Cx) -> Check {
    let key = cx.key("object");
    let reply = cx.send(Ask::put(&key, cx.content("it", 71)).sign(Sign::WrongHash)).await?;
    due!(reply.status >= 400, "a body under the hash of another one answered {}; 400 was due", reply.seen());
    let stored = cx.head(&key).await?;
    due!(stored.status != 200, "a body under the hash of another one was refused, and is stored");
    Ok(())
}

async fn least_privilege(cx: &Cx) -> Check {
    if cx.run.target.registry.is_none() {
        return Err(End::NotAsked(
            "no keys of the registry's own were given; --registry-aws-profile names them".into(),
        ));
    }
    let reply = cx.send(Ask::get(&cx.key("absent")).sign(Sign::Registry).fresh()).await?;
    due!(
        reply.status == 404 && reply.code().as_deref() == Some("NoSuchKey"),
        "with the registry's keys an absent key is {}; 404 NoSuchKey was due (its policy needs s3:ListBucket)",
        reply.seen()
    );
    Ok(())
}

async fn other_region(cx: &Cx) -> Check {
    let list = Ask::get("").query("list-type", 2).query("max-keys", 1).query("prefix", cx.key("")).fresh();
    let reply = cx.send(list.sign(Sign::Region("no-such-region-1"))).await?;
    cx.note(format!("a request signed for another region is answered {}", reply.seen()));
    let told = (400..500).contains(&reply.status) && reply.code().is_some();
    due!(
        reply.status == 200 || told,
        "a request signed for another region answered {}; 200, or 400 with an S3 code, was due",
        reply.seen()
    );
    Ok(())
}
