//! Redaction: keys and other secrets are shown as masks, never whole. Whatever leaves the journal or goes to the log passes
//! through here. Recording a request does not: it costs nothing until somebody looks at the entry.

mod find;
mod names;
mod secrets;
mod text;

pub use crate::library::meant::meant;
pub use names::carriers;
pub use secrets::{Secrets, is_scheme, mask, mask_header};
pub use text::{SHORT, clip, first_few, in_ascii, plain, quoted};
