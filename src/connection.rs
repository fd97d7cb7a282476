//! Connections that can be broken off: a listener whose connections hand each of their requests a [`Line`], with which an
//! answer under way can wait until everything so far is on the wire, and then have the connection reset. It counts no
//! bytes and reads no heads: where an answer breaks off is up to the body that is being sent.
//!
//! It is also where [`Patience`] ends: with a client that begins a request and does not go on with it, and with one that
//! does not take what it is sent. A connection on which nothing is under way may stay for ever.
//!
//! Beside that it is the listener it wraps; a connection nobody breaks off pays a few loads of an atomic for an answer.

use std::future::poll_fn;
use std::io::{self, IoSlice};
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::AcqRel, Ordering::Acquire, Ordering::Relaxed, Ordering::Release};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use axum::body::{Body, HttpBody};
use axum::serve;
use futures_util::task::AtomicWaker;
use futures_util::{StreamExt, stream};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::{Sleep, sleep};

use crate::clock::Stopwatch;

/// How long a client may stop in the middle of something: long enough for somebody who types a request by hand.
const LIMIT: Duration = Duration::from_secs(30);

/// How long a connection waits for a client that has stopped in the middle of something.
#[derive(Debug, Clone, Copy)]
pub struct Patience {
    /// From the first byte of a request until its head is complete. HTTP/2, which answers pings in between, has its own
    /// ways.
    pub head: Duration,
    /// From one part of a body to the next, where a body is read to its end: of the emulator's own API.
    pub body: Duration,
    /// While a client takes none of what it is sent.
    pub write: Duration,
}

impl Default for Patience {
    fn default() -> Patience {
        Patience { head: LIMIT, body: LIMIT, write: LIMIT }
    }
}

/// A listener whose connections can be broken off.
#[derive(Debug)]
pub struct Listener {
    listener: TcpListener,
    patience: Patience,
}

impl Listener {
    /// Takes over a listener.
    pub fn new(listener: TcpListener, patience: Patience) -> Listener {
        Listener { listener, patience }
    }
}

impl serve::Listener for Listener {
    type Io = Wire;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Wire, SocketAddr) {
        let (stream, address) = serve::Listener::accept(&mut self.listener).await;
        // Answers are small and complete; waiting to fill a packet would only delay them.
        if let Err(cause) = stream.set_nodelay(true) {
            tracing::debug!(%cause, "the connection keeps its delay");
        }
        let (line, patience) = (Line::default(), self.patience);
        (Wire { stream, line, patience, head: Head::Awaited, timer: None, stalled: None }, address)
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }
}

/// A hold on the connection that a request came by.
#[derive(Debug, Clone, Default)]
pub struct Line(Arc<State>);

#[derive(Debug, Default)]
struct State {
    is_reset: AtomicBool,
    has_head: AtomicBool,
    awaits_flush: AtomicBool,
    waiting: AtomicWaker,
}

impl Line {
    /// Says that the head of a request is complete.
    pub fn has_head(&self) {
        self.0.has_head.store(true, Release);
    }

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

    fn check(&self) -> io::Result<()> {
        if self.0.is_reset.load(Acquire) { Err(io::ErrorKind::ConnectionReset.into()) } else { Ok(()) }
    }

    fn tell_flushed(&self) {
        if self.0.awaits_flush.load(Relaxed) && self.0.awaits_flush.swap(false, AcqRel) {
            self.0.waiting.wake();
        }
    }
}

/// A body that fails if the client stops sending it for longer than `limit`.
pub fn patient(body: Body, limit: Duration) -> Body {
    if body.is_end_stream() {
        return body;
    }
    let parts = stream::unfold(Some(body.into_data_stream()), move |parts| async move {
        let mut parts = parts?;
        match tokio::time::timeout(limit, parts.next()).await {
            Ok(part) => Some((part?, Some(parts))),
            Err(_) => Some((Err(axum::Error::new("the body stopped coming")), None)),
        }
    });
    Body::from_stream(parts)
}

/// An accepted connection.
#[derive(Debug)]
pub struct Wire {
    stream: TcpStream,
    line: Line,
    patience: Patience,
    head: Head,
    /// Runs from when a head was first awaited, and is looked at when it ends: setting it anew for every head would take
    /// longer than reading one.
    timer: Option<Pin<Box<Sleep>>>,
    /// Runs while the client takes nothing.
    stalled: Option<Pin<Box<Sleep>>>,
}

/// How far the next request has come.
#[derive(Debug)]
enum Head {
    /// Nothing of it is here.
    Awaited,
    /// It began then.
    Begun(Stopwatch),
    /// The connection speaks HTTP/2, where requests have no turns.
    Unknown,
}

/// What an HTTP/2 connection begins with.
const HTTP_2: &[u8] = b"PRI ";

impl Wire {
    /// A hold on it.
    pub fn line(&self) -> Line {
        self.line.clone()
    }

    /// Notes what was read.
    fn has_read(&mut self, bytes: &[u8]) {
        if self.line.0.has_head.swap(false, AcqRel) {
            self.head = Head::Awaited;
        }
        match self.head {
            Head::Awaited if bytes.starts_with(HTTP_2) => self.head = Head::Unknown,
            Head::Awaited if !bytes.is_empty() => self.head = Head::Begun(Stopwatch::start()),
            Head::Awaited | Head::Begun(_) | Head::Unknown => {}
        }
    }

    /// Whether the rest of a head has been awaited for too long.
    fn is_head_overdue(&mut self, cx: &mut Context<'_>) -> bool {
        let Head::Begun(watch) = self.head else { return false };
        let limit = self.patience.head;
        let timer = self.timer.get_or_insert_with(|| Box::pin(sleep(limit)));
        while !self.line.0.has_head.load(Acquire) && timer.as_mut().poll(cx).is_ready() {
            // It may have been set for a head before this one.
            let left = limit.saturating_sub(watch.elapsed());
            if left.is_zero() {
                return true;
            }
            timer.set(sleep(left));
        }
        false
    }

    /// Passes the outcome of a write on, unless the client has taken nothing for too long.
    fn written(&mut self, outcome: Poll<io::Result<usize>>, cx: &mut Context<'_>) -> Poll<io::Result<usize>> {
        if outcome.is_ready() {
            self.stalled = None;
            return outcome;
        }
        let limit = self.stalled.get_or_insert_with(|| Box::pin(sleep(self.patience.write)));
        if limit.as_mut().poll(cx).is_pending() {
            Poll::Pending
        } else {
            Poll::Ready(Err(io::ErrorKind::TimedOut.into()))
        }
    }
}

impl Drop for Wire {
    /// A connection that is closed without lingering is reset, on every platform.
    fn drop(&mut self) {
        if self.line.check().is_err()
            && let Err(cause) = self.stream.set_zero_linger()
        {
            tracing::warn!(%cause, "a connection that a fault should reset is closed in order");
        }
    }
}

impl AsyncRead for Wire {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        self.line.check()?;
        let before = buffer.filled().len();
        match Pin::new(&mut self.stream).poll_read(cx, buffer) {
            Poll::Ready(outcome) => {
                outcome?;
                self.has_read(&buffer.filled()[before..]);
                Poll::Ready(Ok(()))
            }
            Poll::Pending if self.is_head_overdue(cx) => Poll::Ready(Err(io::ErrorKind::TimedOut.into())),
            Poll::Pending => Poll::Pending,
        }
    }
}

impl AsyncWrite for Wire {
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
        ready!(Pin::new(&mut self.stream).poll_flush(cx))?;
        self.line.tell_flushed();
        Poll::Ready(Ok(()))
    }

    /// Shutting down says goodbye, which would come before a reset.
    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.line.check()?;
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
