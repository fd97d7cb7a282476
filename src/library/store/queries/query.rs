//! What all queries have in common.

use std::fmt::Debug;
use std::future::Future;

use crate::library::store::commands::{Caller, CommandError};
use crate::library::store::handle::Store;

/// A question to the library.
pub trait Query: Debug + Send {
    /// What the answer is made from.
    type Outcome: Debug + Send;

    /// Reads the outcome, all of it at one instant.
    fn run(
        self,
        store: &Store,
        caller: &Caller<'_>,
    ) -> impl Future<Output = Result<Self::Outcome, CommandError>> + Send;
}
