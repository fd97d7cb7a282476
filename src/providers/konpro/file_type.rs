//! KonPro's types of assets: any word, but for what it has no list of.

/// Inferred: the kinds that are not listed. Any other is a type of asset: the documents name three, and say "etc.".
pub const NOT_HELD: &[&str] = &["document", "other"];
