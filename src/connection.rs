//! Connections that can be broken off: a listener whose connections hand each of their requests a [`Line`], with which an
//! answer under way can wait until everything so far is on the wire, and then have the connection reset. It counts no
//! bytes and reads no heads: where an answer breaks off is up to the body that is being sent.
//!
//! Beside that it is the listener it wraps; a connection nobody breaks off pays two loads of an atomic for an answer.

use std::future::poll_fn;
use std::io::{self, IoSlice};
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::AcqRel, Ordering::Acquire, Ordering::Relaxed, Ordering::Release};
use std::task::{Context, Poll, ready};

use axum::extract::connect_info::Connected;
use axum::serve::{self, IncomingStream};
use futures_util::task::AtomicWaker;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};

/// A listener whose connections can be broken off.
#[derive(Debug)]
pub struct Listener(TcpListener);

impl Listener {
    /// Takes over a listener.
    pub fn new(listener: TcpListener) -> Listener {
        Listener(listener)
    }
}

impl serve::Listener for Listener {
    type Io = Wire;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Wire, SocketAddr) {
        let (stream, address) = serve::Listener::accept(&mut self.0).await;
        // Answers are small and complete; waiting to fill a packet would only delay them.
        if let Err(cause) = stream.set_nodelay(true) {
            tracing::debug!(%cause, "the connection keeps its delay");
        }
        (Wire { stream, line: Line::default() }, address)
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.0.local_addr()
    }
}

/// A hold on the connection that a request came by; requests find it as [`axum::extract::ConnectInfo`].
#[derive(Debug, Clone, Default)]
pub struct Line(Arc<State>);

#[derive(Debug, Default)]
struct State {
    is_reset: AtomicBool,
    awaits_flush: AtomicBool,
    waiting: AtomicWaker,
}

impl Line {
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

impl Connected<IncomingStream<'_, Listener>> for Line {
    fn connect_info(incoming: IncomingStream<'_, Listener>) -> Line {
        incoming.io().line.clone()
    }
}

/// An accepted connection.
#[derive(Debug)]
pub struct Wire {
    stream: TcpStream,
    line: Line,
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
        Pin::new(&mut self.stream).poll_read(cx, buffer)
    }
}

impl AsyncWrite for Wire {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.line.check()?;
        Pin::new(&mut self.stream).poll_write(cx, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.line.check()?;
        Pin::new(&mut self.stream).poll_write_vectored(cx, slices)
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
