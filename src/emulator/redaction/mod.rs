//! Redaction: replaces keys and other secrets by masks. Everything that is shown from the journal or logged is redacted
//! here. Entries are recorded unredacted and redacted when they are shown, so that recording a request stays cheap.

mod find;
mod names;
mod secrets;
mod text;

pub use crate::library::meant::meant;
pub use names::carriers;
pub use secrets::{Secrets, is_scheme, mask, mask_header};
pub use text::{SHORT, clip, first_few, in_ascii, plain, quoted};
