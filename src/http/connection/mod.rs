//! Connections, from the bytes to where HTTP begins: TLS or not, which version of HTTP, how long to wait for a client,
//! and tunnels, whose bytes pass unread.

mod client;
mod framing;
mod no_proxy;
mod stream;
pub mod tls;
pub mod tunnel;

pub use client::{Connection, ConnectionHandle, Timeouts};
pub use stream::Stream;
