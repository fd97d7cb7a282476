//! HTTP below any vendor: connections, request and response bodies, addresses. Nothing here knows a vendor or the
//! library.

pub mod basic;
pub mod connection;
pub mod cors;
pub mod fetch;
pub mod local_names;
pub mod mime;
pub mod origin;
pub mod public_address;
pub mod reply;
pub mod request_body;
pub mod respond;
pub mod response_body;
pub mod text;
