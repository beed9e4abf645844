//! Blobs of another repository can be mounted (MO1); a registry may always begin an upload instead (MO3).

use futures_util::FutureExt;
use futures_util::future::LocalBoxFuture;
use http::Method;

use super::{Found, Look, Probe};

pub(super) const PROBE: Probe = Probe { name: "mount", needs: &[], rules: &[], required: false, ask };

fn ask(look: &Look) -> LocalBoxFuture<'_, Result<Found, String>> {
    async move {
        let pushed = look.push().await?;
        let target = look.at("mounted");
        let path = format!("blobs/uploads/?mount={}&from={}", pushed.layer, look.name());
        let answer = target.ask(Method::POST, &path, None).await?;
        Ok(answer.found(&[201], "POST /v2/<name>/blobs/uploads/?mount=<digest>&from=<name>"))
    }
    .boxed_local()
}
