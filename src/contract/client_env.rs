//! The environment variables by which a vendor's clients are told a base URL and a key.

use serde::Serialize;

use super::evidence::Evidence;

/// The variables that the processes started for tests are given for a vendor.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct ClientEnv {
    /// The one for the base URL.
    pub base_url: &'static str,
    /// The one for the key.
    pub key: &'static str,
    /// Names that are easily taken for these two. They are taken away, since a real key may be in them.
    #[serde(skip)]
    pub lookalikes: &'static [&'static str],
    /// `client`: the official clients read them. `inferred`: no client is known to; the names are ours.
    pub evidence: Evidence,
}

impl ClientEnv {
    /// What they are, in a sentence.
    pub fn says(&self) -> String {
        let ClientEnv { base_url, key, evidence, .. } = self;
        let why = match evidence {
            Evidence::Client => "which its official clients read",
            Evidence::Documented | Evidence::Live => "which its clients read",
            Evidence::Inferred => "names of ours, since no official client is known to read any",
        };
        format!("`assetmock exec` and `env` set `{base_url}` and `{key}`, {why} ({})", evidence.word())
    }
}
