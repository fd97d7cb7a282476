//! The list of providers, and how a request finds its own. Each folder holds one vendor, in the same files: `mod.rs` has its
//! card and the table of its routes, `list.rs` how it lists assets, `asset.rs` what its routes on a single asset do, `view.rs`
//! its wire structs, `error.rs` its refusals, `import.rs` how its answers are read back, `facts.rs` what is known of it,
//! `variants.rs` in which ways it may behave; what only one vendor has is in a file named after it. Providers never import one
//! another: two that look alike today will differ tomorrow.

pub mod directory;
pub mod flora;
pub mod konpro;
mod list;
pub mod piktid;
pub mod twelvelabs;
pub mod xqr;

pub use list::{ALL, cards, ids, known_names, named, names};
