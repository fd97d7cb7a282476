//! The list of providers, and how a request finds its own. Each folder holds one vendor and has the same files:
//! `mod.rs` its card and the table of its routes, `list.rs` how it lists assets, `asset.rs` what its routes on a single
//! asset do, `view.rs` its wire structs,
//! `error.rs` its error answers, `import.rs` how its list responses are read, `facts.rs` what we know about it,
//! `variants.rs` the behaviours to choose from. What only one vendor has is in a file named after it. Providers never
//! import one another: two that look alike today will differ tomorrow.

pub mod directory;
pub mod flora;
pub mod konpro;
mod list;
pub mod piktid;
pub mod twelvelabs;
pub mod xqr;

pub use list::{ALL, cards, ids, known_names, named, names};
