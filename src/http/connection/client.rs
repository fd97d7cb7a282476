//! Connections that can be broken off: each of their requests gets a [`ConnectionHandle`], with which an answer under way can wait until
//! everything so far is on the wire, and then have the connection reset. Where an answer breaks off is up to the body that
//! is being sent.
//!
//! It is also where [`Timeouts`] ends: with a client that begins a request's head and does not go on with it, and with one
//! that does not take what it is sent. A connection on which nothing is under way may stay for ever. (hyper's own limit for
//! heads ends such connections too, and begins only once it knows the version of HTTP.)

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

/// How long a client may stop in the middle of something: long enough for somebody who types a request by hand.
const LIMIT: Duration = Duration::from_secs(30);

/// How long a connection waits for a client that has stopped in the middle of something.
#[derive(Debug, Clone, Copy)]
pub struct Timeouts {
    /// From when a part of a request's head is there until the rest is. Of HTTP/2, the preface is a head; of TLS, the
    /// handshake is.
    pub head: Duration,
    /// From one part of a body to the next. Large bodies also wait so long for each other.
    pub body: Duration,
    /// While a client takes none of what it is sent.
    pub write: Duration,
}

impl Default for Timeouts {
    fn default() -> Timeouts {
        Timeouts { head: LIMIT, body: LIMIT, write: LIMIT }
    }
}

/// A hold on the connection that a request came by.
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
    /// Resolves once all that was written before is with the operating system. The connection must be served by the task
    /// that waits, as HTTP/1.1 is: it is that task's next flush that ends the wait.
    pub async fn flushed(&self) {
        let mut asked = false;
        poll_fn(|cx| {
            if asked && !self.0.awaits_flush.load(Acquire) {
                return Poll::Ready(());
            }
            asked = true;
            self.0.waiting.register(cx.waker());
            self.0.awaits_flush.store(true, Release);
            Poll::Pending
        })
        .await;
    }

    /// From now on nothing is sent or read any more, and the connection ends with a reset, not with a goodbye.
    pub fn reset(&self) {
        self.0.is_reset.store(true, Release);
    }

    /// Whether the client speaks TLS on it.
    pub fn is_encrypted(&self) -> bool {
        self.0.is_encrypted.load(Relaxed)
    }

    fn check(&self) -> io::Result<()> {
        if self.0.is_reset.load(Acquire) { Err(io::ErrorKind::ConnectionReset.into()) } else { Ok(()) }
    }

    fn tell_flushed(&self) {
        if self.0.awaits_flush.load(Relaxed) && self.0.awaits_flush.swap(false, AcqRel) {
            self.0.waiting.wake();
        }
    }
}

/// An accepted connection.
#[derive(Debug)]
pub struct Connection {
    stream: Stream,
    line: ConnectionHandle,
    timeouts: Timeouts,
    framing: Framing,
    /// What was read and changed, and did not fit where it was read to.
    changed: Bytes,
    /// Runs while the rest of the head with this number is awaited; `None` is that of a handshake.
    head: Option<(Option<u64>, Pin<Box<Sleep>>)>,
    /// Runs while the client takes nothing.
    stalled: Option<Pin<Box<Sleep>>>,
}

impl Connection {
    /// Takes over a connection.
    pub fn new(stream: Stream, timeouts: Timeouts) -> Connection {
        let (line, framing) = (ConnectionHandle::default(), Framing::default());
        Connection { stream, line, timeouts, framing, changed: Bytes::new(), head: None, stalled: None }
    }

    /// What carries it, and what was read of that and given to nobody yet. Nothing is left of the connection itself.
    pub fn into_stream(mut self) -> (Stream, Bytes) {
        (self.stream.take(), std::mem::take(&mut self.changed))
    }

    /// A hold on it.
    pub fn line(&self) -> ConnectionHandle {
        self.line.clone()
    }

    /// Whether the rest of a head has been awaited for too long. Time runs from the first wait for it, so that a head that was
    /// read while an answer was under way is not overdue when that ends.
    fn is_head_overdue(&mut self, cx: &mut Context<'_>) -> bool {
        let number = match (self.stream.is_in_handshake(), self.framing.open_head()) {
            (true, _) => None,
            (false, Some(number)) => Some(number),
            (false, None) => {
                self.head = None;
                return false;
            }
        };
        let limit = self.timeouts.head;
        match &mut self.head {
            Some((awaited, timer)) if *awaited == number => timer.as_mut().poll(cx).is_ready(),
            head => head.insert((number, Box::pin(sleep(limit)))).1.as_mut().poll(cx).is_ready(),
        }
    }

    fn give_changed(&mut self, buffer: &mut ReadBuf<'_>) {
        let part = self.changed.split_to(self.changed.len().min(buffer.remaining()));
        buffer.put_slice(&part);
    }

    /// Why a connection ends whose client has taken too long for a head.
    fn overdue(&mut self) -> io::Error {
        if self.stream.is_in_handshake() { self.stream.overdue().into() } else { io::ErrorKind::TimedOut.into() }
    }

    /// Passes the outcome of a write on, unless the client has taken nothing for too long.
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
    /// A connection that is closed without lingering is reset, on every platform.
    fn drop(&mut self) {
        if self.line.check().is_err()
            && let Some(Err(cause)) = self.stream.socket().map(TcpStream::set_zero_linger)
        {
            tracing::warn!(%cause, "a connection that a fault should reset is closed in order");
        }
    }
}

impl AsyncRead for Connection {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        self.line.check()?;
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
                self.line.0.is_encrypted.store(true, Relaxed);
            }
            let Some(changed) = self.framing.take(read) else { return Poll::Ready(Ok(())) };
            buffer.set_filled(before);
            // To give nothing would mean that the connection ends.
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
        self.line.check()?;
        let outcome = Pin::new(&mut self.stream).poll_write(cx, bytes);
        self.written(outcome, cx)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.line.check()?;
        let outcome = Pin::new(&mut self.stream).poll_write_vectored(cx, slices);
        self.written(outcome, cx)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let outcome = Pin::new(&mut self.stream).poll_flush(cx);
        ready!(self.written(outcome, cx))?;
        self.line.tell_flushed();
        Poll::Ready(Ok(()))
    }

    /// Shutting down says goodbye, which would come before a reset.
    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.line.check()?;
        let outcome = Pin::new(&mut self.stream).poll_shutdown(cx);
        self.written(outcome, cx)
    }
}
