//! The referrers API is there (RL1).

use futures_util::FutureExt;
use futures_util::future::LocalBoxFuture;
use http::Method;
use shakedown_scenario::Need;

use super::{Found, Look, Probe};

pub(super) const PROBE: Probe =
    Probe { name: "referrers", needs: &[Need::Referrers], rules: &["RL", "UG"], required: true, ask };

fn ask(look: &Look) -> LocalBoxFuture<'_, Result<Found, String>> {
    async move {
        let pushed = look.push().await?;
        let answer = look.ask(Method::GET, &format!("referrers/{}", pushed.digest), None).await?;
        Ok(answer.found(&[200], "GET /v2/<name>/referrers/<digest>"))
    }
    .boxed_local()
}
