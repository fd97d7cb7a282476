//! What every request shares.

use crate::clock::{Chance, Clock};
use crate::limits::Limits;
use crate::store::Store;

/// The emulator's state: a library, a clock, a source of chance and the counters of limits.
#[derive(Debug)]
pub struct App {
    /// The library.
    pub store: Store,
    /// The clock.
    pub clock: Clock,
    /// The source of request ids.
    pub chance: Chance,
    /// The counters of limits.
    pub limits: Limits,
}
