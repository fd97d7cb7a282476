//! How sure we are of what a vendor does, and why.

use serde::Serialize;

/// How sure we are of a behaviour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Evidence {
    /// The vendor's own pages say so.
    Documented,
    /// An official client depends on it or was seen doing it.
    Client,
    /// Recorded from the live service.
    Live,
    /// Nobody says so; the least surprising choice.
    Inferred,
}

impl Evidence {
    /// The word used in tables and transcripts.
    pub fn word(self) -> &'static str {
        match self {
            Evidence::Documented => "documented",
            Evidence::Client => "client",
            Evidence::Live => "live",
            Evidence::Inferred => "inferred",
        }
    }
}

/// Something that we know, or guess, about a vendor.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct Fact {
    /// How sure we are.
    pub evidence: Evidence,
    /// The fact, in a sentence.
    pub says: &'static str,
}

impl Fact {
    /// The vendor's own pages say so.
    pub const fn documented(says: &'static str) -> Fact {
        Fact { evidence: Evidence::Documented, says }
    }
    /// An official client depends on it.
    pub const fn client(says: &'static str) -> Fact {
        Fact { evidence: Evidence::Client, says }
    }
    /// Recorded from the live service.
    pub const fn live(says: &'static str) -> Fact {
        Fact { evidence: Evidence::Live, says }
    }
    /// A guess.
    pub const fn inferred(says: &'static str) -> Fact {
        Fact { evidence: Evidence::Inferred, says }
    }
}
