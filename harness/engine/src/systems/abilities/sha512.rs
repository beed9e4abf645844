//! Digests of SHA-512 are taken; the image specification says that implementations may.

use futures_util::FutureExt;
use futures_util::future::LocalBoxFuture;
use http::Method;
use shakedown_oci::{Algorithm, Digest};
use shakedown_scenario::Need;

use super::{Found, Look, Probe};

pub(super) const PROBE: Probe = Probe { name: "sha512", needs: &[Need::Sha512], rules: &[], required: false, ask };

fn ask(look: &Look) -> LocalBoxFuture<'_, Result<Found, String>> {
    async move {
        let content = b"a blob under another digest".to_vec();
        let digest = Digest::with(Algorithm::Sha512, &content);
        let begun = look.ask(Method::POST, "blobs/uploads/", None).await?;
        let upload = begun.header("location").ok_or("no upload could be begun")?;
        let joint = if upload.contains('?') { "&" } else { "?" };
        let upload = format!("{upload}{joint}digest={digest}");
        let pushed = look.ask(Method::PUT, &upload, Some(("application/octet-stream", content))).await?;
        if pushed.status != 201 {
            return Ok(pushed.found(&[201], "PUT of a blob with a SHA-512 digest"));
        }
        let answer = look.ask(Method::GET, &format!("blobs/{digest}"), None).await?;
        Ok(answer.found(&[200, 307, 302], "GET /v2/<name>/blobs/sha512:<hex>"))
    }
    .boxed_local()
}
