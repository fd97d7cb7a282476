//! Connections that a fault can break off. Each request gets a [`ConnectionHandle`]. With it, an answer in progress
//! can wait until everything so far is written, and then have the connection reset. The body that is being sent
//! decides where the answer breaks off.
//!
//! [`Timeouts`] are enforced here too: for a client that starts the head of a request and does not finish it, and for
//! one that does not read what it is sent. A connection with no request in progress may stay open for ever. (hyper's
//! own timeout for heads also ends idle connections, and it starts only once hyper knows the version of HTTP.)

use std::future::poll_fn;
use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::AcqRel, Ordering::Acquire, Ordering::Relaxed, Ordering::Release};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use axum::body::Bytes;
use futures_util::task::AtomicWaker;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::{Sleep, sleep};

use super::framing::Framing;
use super::stream::Stream;

/// The default for the beginning of a body, which every answer waits for.
const BEGINNING: Duration = Duration::from_millis(250);

/// The default of the other timeouts. It is long enough for somebody who types a request by hand.
const LIMIT: Duration = Duration::from_secs(30);

/// How long a connection waits for a client that has stopped in the middle of something.
#[derive(Debug, Clone, Copy)]
pub struct Timeouts {
    /// From the first part of a request's head until the rest of it. With HTTP/2 this applies to the preface.
    pub head: Duration,
    /// From the first part of a TLS handshake until its end.
    pub handshake: Duration,
    /// From one part of a body to the next.
    pub body: Duration,
    /// How long a large body waits for others to leave the budget.
    pub room: Duration,
    /// How long the journal waits for the beginning of a body.
    pub beginning: Duration,
    /// How long a client may read nothing of what it is sent.
    pub write: Duration,
}

impl Default for Timeouts {
    fn default() -> Timeouts {
        Timeouts { head: LIMIT, handshake: LIMIT, body: LIMIT, room: LIMIT, beginning: BEGINNING, write: LIMIT }
    }
}

/// Controls the connection of a request.
#[derive(Debug, Clone, Default)]
pub struct ConnectionHandle(Arc<State>);

#[derive(Debug, Default)]
struct State {
    is_reset: AtomicBool,
    is_encrypted: AtomicBool,
    awaits_flush: AtomicBool,
    waiting: AtomicWaker,
}

impl ConnectionHandle {
    /// Returns once everything written so far has been passed to the operating system. The task that waits must be the
    /// one that serves the connection, as with HTTP/1.1, because that task's next flush ends the wait.
    pub async fn flushed(&self) {
        let mut asked = false;
        poll_fn(|cx| {
            if asked && !self.0.awaits_flush.load(Acquire) {
                return Poll::Ready(());
            }
            asked = true;
            // The waker comes before the flag: a flush that sees the flag must be able to wake this task.
            self.0.waiting.register(cx.waker());
            self.0.awaits_flush.store(true, Release);
            Poll::Pending
        })
        .await;
    }

    /// Makes every later read and write fail, and closes the socket with RST instead of FIN.
    pub fn reset(&self) {
        self.0.is_reset.store(true, Release);
    }

    /// Whether the client uses TLS on this connection.
    pub fn is_encrypted(&self) -> bool {
        self.0.is_encrypted.load(Relaxed)
    }

    fn check(&self) -> io::Result<()> {
        if self.0.is_reset.load(Acquire) { Err(io::ErrorKind::ConnectionReset.into()) } else { Ok(()) }
    }

    fn notify_flushed(&self) {
        if self.0.awaits_flush.load(Relaxed) && self.0.awaits_flush.swap(false, AcqRel) {
            self.0.waiting.wake();
        }
    }
}

/// A connection that the server accepted.
#[derive(Debug)]
pub struct Connection {
    stream: Stream,
    handle: ConnectionHandle,
    timeouts: Timeouts,
    framing: Framing,
    /// Bytes that `framing` changed and that did not fit into the reader's buffer.
    changed: Bytes,
    /// The timer for the rest of a head, with the number of that head. The number is `None` during a TLS handshake.
    head: Option<(Option<u64>, Pin<Box<Sleep>>)>,
    /// The timer that runs while the client reads nothing.
    stalled: Option<Pin<Box<Sleep>>>,
}

impl Connection {
    /// A connection over this stream.
    pub fn new(stream: Stream, timeouts: Timeouts) -> Connection {
        let (handle, framing) = (ConnectionHandle::default(), Framing::default());
        Connection { stream, handle, timeouts, framing, changed: Bytes::new(), head: None, stalled: None }
    }

    /// The stream, and the bytes that were read from it but not passed on. The connection itself is given up.
    pub fn into_stream(mut self) -> (Stream, Bytes) {
        (self.stream.take(), std::mem::take(&mut self.changed))
    }

    /// A handle on this connection.
    pub fn line(&self) -> ConnectionHandle {
        self.handle.clone()
    }

    /// Whether the client takes too long for the rest of a head. The timer starts when the connection first waits for
    /// it. So a head whose first part arrived while an answer was in progress is not overdue when that answer ends.
    fn is_head_overdue(&mut self, cx: &mut Context<'_>) -> bool {
        let number = match (self.stream.is_in_handshake(), self.framing.open_head()) {
            (true, _) => None,
            (false, Some(number)) => Some(number),
            (false, None) => {
                self.head = None;
                return false;
            }
        };
        let limit = if number.is_some() { self.timeouts.head } else { self.timeouts.handshake };
        match &mut self.head {
            Some((awaited, timer)) if *awaited == number => timer.as_mut().poll(cx).is_ready(),
            head => head.insert((number, Box::pin(sleep(limit)))).1.as_mut().poll(cx).is_ready(),
        }
    }

    fn give_changed(&mut self, buffer: &mut ReadBuf<'_>) {
        let part = self.changed.split_to(self.changed.len().min(buffer.remaining()));
        buffer.put_slice(&part);
    }

    /// The error for a client that has taken too long for a head.
    fn overdue(&mut self) -> io::Error {
        if self.stream.is_in_handshake() { self.stream.overdue().into() } else { io::ErrorKind::TimedOut.into() }
    }

    /// Returns the result of a write, or a timeout if the client has read nothing for too long.
    fn written<T>(&mut self, outcome: Poll<io::Result<T>>, cx: &mut Context<'_>) -> Poll<io::Result<T>> {
        if outcome.is_ready() {
            self.stalled = None;
            return outcome;
        }
        let limit = self.stalled.get_or_insert_with(|| Box::pin(sleep(self.timeouts.write)));
        if limit.as_mut().poll(cx).is_pending() {
            Poll::Pending
        } else {
            Poll::Ready(Err(io::ErrorKind::TimedOut.into()))
        }
    }
}

impl Drop for Connection {
    /// Resets the connection if a fault asked for it. With a linger time of zero, closing a socket sends RST on every
    /// platform.
    fn drop(&mut self) {
        if self.handle.check().is_err()
            && let Some(Err(cause)) = self.stream.socket().map(TcpStream::set_zero_linger)
        {
            tracing::warn!(%cause, "a fault should reset this connection, but it can only be closed normally");
        }
    }
}

impl AsyncRead for Connection {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        self.handle.check()?;
        if !self.changed.is_empty() {
            self.give_changed(buffer);
            return Poll::Ready(Ok(()));
        }
        let before = buffer.filled().len();
        loop {
            match Pin::new(&mut self.stream).poll_read(cx, buffer) {
                Poll::Ready(outcome) => outcome?,
                Poll::Pending if self.is_head_overdue(cx) => return Poll::Ready(Err(self.overdue())),
                Poll::Pending => return Poll::Pending,
            }
            let read = &buffer.filled()[before..];
            if read.is_empty() {
                return Poll::Ready(Ok(()));
            }
            if self.stream.is_encrypted() {
                self.handle.0.is_encrypted.store(true, Relaxed);
            }
            let Some(changed) = self.framing.take(read) else { return Poll::Ready(Ok(())) };
            buffer.set_filled(before);
            // Returning no bytes would mean the end of the connection, so the loop reads on.
            if !changed.is_empty() {
                self.changed = changed.into();
                self.give_changed(buffer);
                return Poll::Ready(Ok(()));
            }
        }
    }
}

impl AsyncWrite for Connection {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.handle.check()?;
        let outcome = Pin::new(&mut self.stream).poll_write(cx, bytes);
        self.written(outcome, cx)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.handle.check()?;
        let outcome = Pin::new(&mut self.stream).poll_write_vectored(cx, slices);
        self.written(outcome, cx)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let outcome = Pin::new(&mut self.stream).poll_flush(cx);
        ready!(self.written(outcome, cx))?;
        self.handle.notify_flushed();
        Poll::Ready(Ok(()))
    }

    /// A fault's reset must come without an orderly shutdown before it, so this fails after
    /// [`ConnectionHandle::reset`].
    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.handle.check()?;
        let outcome = Pin::new(&mut self.stream).poll_shutdown(cx);
        self.written(outcome, cx)
    }
}
