//! The environment variables that give a vendor's clients a base URL and a key.

use serde::Serialize;

use super::evidence::Evidence;

/// The variables that `assetmock exec` and `env` set for a vendor.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct ClientEnv {
    /// The variable for the base URL.
    pub base_url: &'static str,
    /// The variable for the key.
    pub key: &'static str,
    /// Names that are easily taken for these two. `exec` takes them away, since a real key may be in them.
    #[serde(skip)]
    pub lookalikes: &'static [&'static str],
    /// `client`: the official clients read them. `inferred`: no client is known to read any, so we chose the names.
    pub evidence: Evidence,
}

impl ClientEnv {
    /// A sentence for `FIDELITY.md` and for `assetmock providers`.
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
