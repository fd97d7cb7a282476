//! KonPro's types of assets: any word, except for those it does not list.

/// Inferred: the kinds that are not listed. Any other word is a type, since the documents name three and say "etc.".
pub const NOT_HELD: &[&str] = &["document", "other"];
