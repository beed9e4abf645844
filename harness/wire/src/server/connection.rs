//! Drives one connection: hyper as long as HTTP is spoken, then the ending that the party asked for.

use std::future::{Future, poll_fn};
use std::io;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::Poll;

use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::time::Sleep;

use super::socket::{Socket, Verdict};
use super::{Peer, ServerOptions, answer, ending};
use crate::Party;

/// Serves requests until either side ends the connection.
pub(super) async fn drive(
    stream: TcpStream,
    peer: Peer,
    party: Party,
    options: Arc<ServerOptions>,
    mut stopped: watch::Receiver<bool>,
) {
    let verdict = Verdict::default();
    let socket = Socket { stream, verdict: verdict.clone() };
    let (said, tunnels) = (verdict.clone(), options.tunnels);
    let service =
        service_fn(move |request| Box::pin(answer::answer(party.clone(), request, (peer, tunnels), said.clone())));
    let mut connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(options.head_timeout)
        .max_headers(options.headers)
        .max_buf_size(options.head_bytes.max(8192))
        .serve_connection(TokioIo::new(socket), service);
    let mut stop = pin!(stopped.wait_for(|stop| *stop));
    let mut stopping = false;
    let mut overdue = pin!(None::<Sleep>);
    let due = poll_fn(|cx| {
        if !stopping && stop.as_mut().poll(cx).is_ready() {
            stopping = true;
            Pin::new(&mut connection).graceful_shutdown();
        }
        if let Poll::Ready(result) = connection.poll_without_shutdown(cx) {
            if let Err(error) = result {
                tracing::debug!(peer = %peer.0, %error, "a connection ended");
            }
            return Poll::Ready(verdict.due());
        }
        let Some(ending) = verdict.asked() else { return Poll::Pending };
        if verdict.due().is_some() {
            return Poll::Ready(Some(ending));
        }
        // A peer that does not read keeps bytes from going out; then it does not see them all.
        if overdue.is_none() {
            overdue.set(Some(tokio::time::sleep(options.end_timeout)));
        }
        let late = overdue.as_mut().as_pin_mut().is_some_and(|sleep| sleep.poll(cx).is_ready());
        if late { Poll::Ready(Some(ending)) } else { Poll::Pending }
    })
    .await;
    let parts = connection.into_parts();
    let socket = parts.io.into_inner();
    if let (None, Some(far)) = (&due, verdict.far_side()) {
        let passing = pass(socket.stream, &parts.read_buf, far);
        tokio::select! {
            outcome = passing => if let Err(error) = outcome {
                tracing::debug!(peer = %peer.0, %error, "a tunnel ended");
            },
            _ = stop, if !stopping => {}
        }
        return;
    }
    ending::end(socket.stream, due, options.end_timeout).await;
}

/// Both ways, until both sides have ended; what the near side had already sent goes first.
async fn pass(mut near: TcpStream, first: &[u8], mut far: TcpStream) -> io::Result<()> {
    far.write_all(first).await?;
    tokio::io::copy_bidirectional(&mut near, &mut far).await?;
    Ok(())
}
