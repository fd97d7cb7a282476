//! The rate-limit setting of a key.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::library::strict_object;

/// Which rate limits apply to a key.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(from = "Written", into = "Written")]
pub enum KeyLimits {
    /// What the provider enforces by default.
    #[default]
    Default,
    /// Nothing is enforced.
    Off,
    /// Every quota the provider documents is enforced.
    Strict,
    /// This fixed window, in place of the provider's main quota.
    Own(RateWindow),
}

/// A setting as JSON: a word or a window.
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(untagged, expecting = "limits are `default`, `off`, `strict` or `{\"requests\": N, \"seconds\": N}`")]
enum Written {
    Word(Word),
    #[serde(deserialize_with = "strict_object::read")]
    Own(RateWindow),
}

#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "KeyLimitsPreset")]
enum Word {
    Default,
    Off,
    Strict,
}

impl From<Written> for KeyLimits {
    fn from(written: Written) -> KeyLimits {
        match written {
            Written::Word(Word::Default) => KeyLimits::Default,
            Written::Word(Word::Off) => KeyLimits::Off,
            Written::Word(Word::Strict) => KeyLimits::Strict,
            Written::Own(own) => KeyLimits::Own(own),
        }
    }
}

impl From<KeyLimits> for Written {
    fn from(limits: KeyLimits) -> Written {
        match limits {
            KeyLimits::Default => Written::Word(Word::Default),
            KeyLimits::Off => Written::Word(Word::Off),
            KeyLimits::Strict => Written::Word(Word::Strict),
            KeyLimits::Own(own) => Written::Own(own),
        }
    }
}

/// A fixed window of a key's own. Windows begin at multiples of their length since 1970.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "RateWindow")]
pub struct RateWindow {
    /// Requests allowed in each window.
    pub requests: u64,
    /// The window's length in seconds.
    #[schemars(range(min = 1))]
    pub seconds: u64,
}
