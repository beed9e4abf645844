//! A push by digest takes tags as parameters (MP12).

use futures_util::FutureExt;
use futures_util::future::LocalBoxFuture;
use http::Method;
use shakedown_scenario::Need;

use super::{Found, Look, Probe};

pub(super) const PROBE: Probe =
    Probe { name: "tag-parameters", needs: &[Need::TagParameters], rules: &[], required: false, ask };

fn ask(look: &Look) -> LocalBoxFuture<'_, Result<Found, String>> {
    async move {
        let pushed = look.push().await?;
        let manifest = look.ask(Method::GET, &format!("manifests/{}", pushed.digest), None).await?;
        let kind = manifest.header("content-type").unwrap_or_default().to_owned();
        let path = format!("manifests/{}?tag=given", pushed.digest);
        look.ask(Method::PUT, &path, Some((&kind, manifest.body))).await?;
        let answer = look.ask(Method::HEAD, "manifests/given", None).await?;
        Ok(answer.found(&[200], "HEAD of a tag given as PUT /v2/<name>/manifests/<digest>?tag=<tag>"))
    }
    .boxed_local()
}
