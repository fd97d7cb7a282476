//! The bytes of a connection, with or without TLS; the first byte tells which. A tunnel carries another connection
//! inside one, and there the first byte decides again.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use axum::body::Bytes;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio_rustls::rustls::server::Acceptor;
use tokio_rustls::server::TlsStream;
use tokio_rustls::{Accept, LazyConfigAcceptor, StartHandshake};

use super::tls::{HandshakeFailure, Tls};

/// The first byte of a TLS handshake. No HTTP request starts with it.
const HANDSHAKE: u8 = 0x16;

/// What carries the bytes: a socket, or the stream around a tunnel. `before` is what was already read from it.
#[derive(Debug)]
struct Carrier {
    before: Bytes,
    inner: Inner,
}

#[derive(Debug)]
enum Inner {
    Socket(TcpStream),
    Tunnel(Box<Stream>),
}

type Writer<'w> = Pin<&'w mut (dyn AsyncWrite + Send + Unpin)>;

/// The bytes of a connection.
#[derive(Debug)]
pub struct Stream {
    tls: Arc<Tls>,
    /// The host name that the client asked for in its TLS handshake.
    host: Option<String>,
    state: State,
}

enum State {
    /// Nothing has been read yet.
    New(Carrier),
    /// Waiting for the first message of a TLS handshake.
    Hello(Box<LazyConfigAcceptor<Carrier>>),
    /// Waiting for the rest of the handshake.
    Handshake(Box<Accept<Carrier>>),
    Plain(Carrier),
    /// TLS, and whether any decrypted bytes have come.
    Encrypted(Box<TlsStream<Carrier>>, bool),
    Ended,
}

impl Stream {
    /// The stream of a socket that was just accepted.
    pub fn of_socket(socket: TcpStream, tls: Arc<Tls>) -> Stream {
        Stream::new(Carrier { before: Bytes::new(), inner: Inner::Socket(socket) }, tls)
    }

    /// The stream inside a tunnel that starts here. `before` is what was already read of it.
    pub fn inside(self, before: Bytes) -> Stream {
        let tls = self.tls.clone();
        Stream::new(Carrier { before, inner: Inner::Tunnel(Box::new(self)) }, tls)
    }

    fn new(carrier: Carrier, tls: Arc<Tls>) -> Stream {
        Stream { tls, host: None, state: State::New(carrier) }
    }

    /// Takes the stream out and leaves an ended one in its place.
    pub fn take(&mut self) -> Stream {
        let state = std::mem::replace(&mut self.state, State::Ended);
        Stream { tls: self.tls.clone(), host: self.host.take(), state }
    }

    /// Whether a TLS handshake has started and not finished.
    pub fn is_in_handshake(&self) -> bool {
        matches!(self.state, State::Hello(_) | State::Handshake(_))
    }

    /// Whether the handshake is done and the bytes are encrypted.
    pub fn is_encrypted(&self) -> bool {
        matches!(self.state, State::Encrypted(..))
    }

    /// The error for a handshake that takes too long.
    pub fn overdue(&mut self) -> HandshakeFailure {
        HandshakeFailure::overdue(self.host.take())
    }

    /// The socket below all tunnels. `None` while the TLS library owns it.
    pub fn socket(&self) -> Option<&TcpStream> {
        let carrier = match &self.state {
            State::New(carrier) | State::Plain(carrier) => carrier,
            State::Encrypted(stream, _) => stream.get_ref().0,
            State::Handshake(accept) => accept.get_ref()?,
            State::Hello(_) | State::Ended => return None,
        };
        match &carrier.inner {
            Inner::Socket(socket) => Some(socket),
            Inner::Tunnel(stream) => stream.socket(),
        }
    }

    /// Advances the handshake by one step. Call it after the first byte showed that TLS begins.
    fn poll_handshake(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let next = match &mut self.state {
            State::Hello(hello) => match ready!(Pin::new(hello).poll(cx)) {
                Ok(start) => self.answer(start),
                Err(cause) => Err(HandshakeFailure::of(None, &cause)),
            },
            State::Handshake(accept) => match ready!(Pin::new(accept).poll(cx)) {
                Ok(stream) => Ok(State::Encrypted(Box::new(stream), false)),
                Err(cause) => Err(match self.host.take() {
                    Some(host) if !self.tls.names().contains(&host) => HandshakeFailure::unknown_name(&host),
                    host => HandshakeFailure::of(host, &cause),
                }),
            },
            _ => return Poll::Ready(Ok(())),
        };
        let (state, outcome) = match next {
            Ok(state) => (state, Ok(())),
            Err(failure) => (State::Ended, Err(failure.into())),
        };
        self.state = state;
        Poll::Ready(outcome)
    }

    /// Answers the first message of a handshake. Without a usable certificate, that is an error.
    fn answer(&mut self, start: StartHandshake<Carrier>) -> Result<State, HandshakeFailure> {
        self.host = start.client_hello().server_name().map(str::to_owned);
        match self.tls.identity() {
            Ok(identity) => Ok(State::Handshake(Box::new(start.into_stream(identity.config().clone())))),
            Err(why) => Err(HandshakeFailure::no_certificate(self.host.take(), why)),
        }
    }

    /// Reads the first bytes. Those of a handshake are put back for TLS; any others are left in the buffer for the
    /// reader.
    fn poll_first(&mut self, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let State::New(carrier) = &mut self.state else { return Poll::Ready(Ok(())) };
        let start = buffer.filled().len();
        ready!(Pin::new(&mut *carrier).poll_read(cx, buffer))?;
        let State::New(mut carrier) = std::mem::replace(&mut self.state, State::Ended) else {
            return Poll::Ready(Ok(()));
        };
        let read = &buffer.filled()[start..];
        self.state = if read.first() == Some(&HANDSHAKE) {
            carrier.put_back(read);
            buffer.set_filled(start);
            State::Hello(Box::new(LazyConfigAcceptor::new(Acceptor::default(), carrier)))
        } else {
            State::Plain(carrier)
        };
        Poll::Ready(Ok(()))
    }

    /// The writer in the current state; an error if the state has none.
    fn writer(&mut self) -> io::Result<Writer<'_>> {
        match &mut self.state {
            State::New(carrier) | State::Plain(carrier) => Ok(carrier.writer()),
            State::Encrypted(stream, _) => Ok(Pin::new(&mut **stream)),
            State::Hello(_) | State::Handshake(_) | State::Ended => Err(io::ErrorKind::NotConnected.into()),
        }
    }
}

impl AsyncRead for Stream {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        loop {
            match &mut self.state {
                State::Plain(carrier) => return Pin::new(carrier).poll_read(cx, buffer),
                State::New(_) => {
                    ready!(self.poll_first(cx, buffer))?;
                    if matches!(self.state, State::Plain(_)) {
                        return Poll::Ready(Ok(()));
                    }
                }
                State::Hello(_) | State::Handshake(_) => ready!(self.poll_handshake(cx))?,
                State::Encrypted(stream, is_used) => {
                    let start = buffer.filled().len();
                    let outcome = ready!(Pin::new(&mut **stream).poll_read(cx, buffer));
                    if outcome.is_err() || buffer.filled().len() == start {
                        if *is_used {
                            return Poll::Ready(outcome);
                        }
                        // Over TLS 1.3 a client's distrust comes only now, as an alert.
                        let alert = outcome.err().filter(HandshakeFailure::is_alert);
                        let host = self.host.take();
                        let failure = match alert {
                            Some(alert) => HandshakeFailure::of(host, &alert),
                            None => HandshakeFailure::unused(host),
                        };
                        return Poll::Ready(Err(failure.into()));
                    }
                    *is_used = true;
                    return Poll::Ready(Ok(()));
                }
                State::Ended => return Poll::Ready(Err(io::ErrorKind::NotConnected.into())),
            }
        }
    }
}

impl AsyncWrite for Stream {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.writer()?.poll_write(cx, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.writer()?.poll_write_vectored(cx, slices)
    }

    /// Sockets and TLS both take several slices at once.
    fn is_write_vectored(&self) -> bool {
        true
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.writer()?.poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.writer()?.poll_shutdown(cx)
    }
}

impl Carrier {
    /// Puts bytes back, so that they are read again first.
    fn put_back(&mut self, read: &[u8]) {
        self.before = [read, &self.before].concat().into();
    }

    fn writer(&mut self) -> Writer<'_> {
        match &mut self.inner {
            Inner::Socket(socket) => Pin::new(socket),
            Inner::Tunnel(stream) => Pin::new(&mut **stream),
        }
    }
}

impl AsyncRead for Carrier {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        if !self.before.is_empty() {
            let length = self.before.len().min(buffer.remaining());
            buffer.put_slice(&self.before.split_to(length));
            return Poll::Ready(Ok(()));
        }
        match &mut self.inner {
            Inner::Socket(socket) => Pin::new(socket).poll_read(cx, buffer),
            Inner::Tunnel(stream) => Pin::new(&mut **stream).poll_read(cx, buffer),
        }
    }
}

impl AsyncWrite for Carrier {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.writer().poll_write(cx, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.writer().poll_write_vectored(cx, slices)
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.writer().poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.writer().poll_shutdown(cx)
    }
}

impl std::fmt::Debug for State {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            State::New(_) => "New",
            State::Hello(_) => "Hello",
            State::Handshake(_) => "Handshake",
            State::Plain(_) => "Plain",
            State::Encrypted(..) => "Encrypted",
            State::Ended => "Ended",
        })
    }
}
