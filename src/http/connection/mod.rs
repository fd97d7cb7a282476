//! Connections, from the bytes up to where HTTP begins: what a client speaks (TLS or not, which version), how long it is waited
//! for, and bytes that are passed on unread.

mod client;
mod framing;
mod no_proxy;
mod stream;
pub mod tls;
pub mod tunnel;

pub use client::{Connection, ConnectionHandle, Timeouts};
pub use stream::Stream;
