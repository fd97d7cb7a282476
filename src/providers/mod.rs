//! The list of providers, and how a request finds its own. Each folder holds one vendor: its card, its parameters, its
//! wire structs, its errors. Providers never import one another: two that look alike today will differ tomorrow.

pub mod directory;
pub mod flora;
pub mod konpro;
mod list;
pub mod piktid;
pub mod twelvelabs;
pub mod xqr;

pub use list::{ALL, cards, ids, known_names, named, names};
