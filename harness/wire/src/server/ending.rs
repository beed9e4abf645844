//! Ends a connection as TCP sees it: FIN after the last byte has a chance to be read, or RST after the last byte was sent.

use std::io;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::socket::Ending;
use crate::ConnectionEnd;

/// How long a peer that sends nothing more keeps a closed connection.
const SILENCE: Duration = Duration::from_millis(500);

/// Writes what is left and ends the connection. Without an ending: an orderly close.
pub(super) async fn end(mut stream: TcpStream, ending: Option<Ending>, limit: Duration) {
    let ending = ending.unwrap_or(Ending { raw: bytes::Bytes::new(), end: ConnectionEnd::Fin });
    let all_written = matches!(timeout(limit, stream.write_all(&ending.raw)).await, Ok(Ok(())));
    let result = match ending.end {
        ConnectionEnd::Fin if all_written => close(stream, limit).await,
        _ => reset(stream, limit).await,
    };
    if let Err(error) = result {
        tracing::debug!(%error, "the peer was gone before its connection was ended");
    }
}

/// FIN, then reads what the peer still sends: closing with unread bytes would be a reset, and could take the answer away from
/// a peer that is still sending (RFC 9112 section 9.6).
async fn close(mut stream: TcpStream, limit: Duration) -> io::Result<()> {
    stream.shutdown().await?;
    let mut scrap = vec![0; 64 << 10];
    let rest = async { while let Ok(Ok(1..)) = timeout(SILENCE, stream.read(&mut scrap)).await {} };
    // Whether the peer stopped or the limit was reached: the connection is over.
    let _ = timeout(limit, rest).await;
    Ok(())
}

/// RST once the kernel has sent every byte: a reset throws away what waits in the send queue.
async fn reset(stream: TcpStream, limit: Duration) -> io::Result<()> {
    // With these two, the socket is writable only when nothing waits to be sent and next to nothing to be acknowledged.
    let socket = socket2::SockRef::from(&stream);
    #[cfg(target_os = "linux")]
    socket.set_tcp_notsent_lowat(1)?;
    socket.set_send_buffer_size(1)?;
    let sent = async {
        let mut pause = Duration::from_micros(50);
        while !is_writable(&stream)? {
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(Duration::from_millis(5));
        }
        io::Result::Ok(())
    };
    // Past the limit the peer does not read: it loses what it did not take.
    timeout(limit, sent).await.unwrap_or(Ok(()))?;
    socket.set_linger(Some(Duration::ZERO))
}

/// What the kernel says now; tokio's readiness is a memory of an earlier answer.
fn is_writable(stream: &TcpStream) -> io::Result<bool> {
    use rustix::event::{PollFd, PollFlags, Timespec, poll};
    let mut sockets = [PollFd::new(stream, PollFlags::OUT)];
    poll(&mut sockets, Some(&Timespec { tv_sec: 0, tv_nsec: 0 }))?;
    Ok(!sockets[0].revents().is_empty())
}
