//! What of an answered request was probably not meant, each in a sentence.

use std::fmt;

use crate::contract::operation::Operation;
use crate::http::cors::AllowedOrigins;

/// Something that was probably not meant. `Display` says it in a sentence without a full stop.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Warning {
    /// A parameter that this vendor does not know and does not look at.
    Ignored {
        /// The parameter, as far as it can be shown.
        name: String,
        /// The one that it was probably meant to be.
        meant: Option<&'static str>,
    },
    /// More such parameters than are worth a warning each.
    MoreIgnored(usize),
    /// A parameter given more than once, of which one counts.
    Repeated {
        /// The parameter.
        name: &'static str,
        /// How often.
        times: usize,
        /// `first` or `last`.
        which: &'static str,
        /// The text that counts, as far as it can be shown.
        counts: String,
    },
    /// An empty parameter that was taken as absent.
    Empty {
        /// The parameter.
        name: &'static str,
    },
    /// A page size taken as another.
    Resized {
        /// The parameter.
        name: &'static str,
        /// The size asked for.
        asked: i64,
        /// The size taken.
        taken: u32,
    },
    /// A page beyond the end.
    BeyondEnd {
        /// Parameter and text, as far as it can be shown.
        given: String,
        /// What there is, if a page of this vendor's says.
        end: Option<String>,
    },
    /// A filter whose value looks like that of a variable that was never set; nothing matched it.
    NeverSet {
        /// Parameter and text, as far as it can be shown.
        given: String,
    },
    /// A filter by a kind of asset that there is not.
    NoSuchKind {
        /// Parameter and text, as far as it can be shown.
        given: String,
        /// The kind that was probably meant.
        meant: Option<&'static str>,
    },
    /// Two filters that no asset can pass.
    Contradiction {
        /// One parameter.
        one: &'static str,
        /// The other.
        other: &'static str,
    },
    /// A cursor sent with other filters than it was made with.
    OtherFilters {
        /// The parameter.
        name: &'static str,
    },
    /// A route of the vendor's that the emulator does not imitate.
    NotImitated {
        /// The vendor, as it writes its name.
        title: &'static str,
        /// The route.
        operation: &'static Operation,
    },
    /// A page of another origin, from which a browser keeps the answer.
    CrossOrigin {
        /// The origin, as far as it can be shown.
        origin: String,
        /// Whether no origin at all is allowed.
        is_off: bool,
    },
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Warning::Ignored { name, meant: None } => write!(f, "`{name}` is ignored by this vendor"),
            Warning::Ignored { name, meant: Some(meant) } => {
                write!(f, "`{name}` is ignored by this vendor; did you mean `{meant}`?")
            }
            Warning::MoreIgnored(count) => write!(f, "{count} more parameters are ignored by this vendor"),
            Warning::Repeated { name, times, which, counts } => {
                write!(f, "`{name}` is given {times} times; only the {which} one counts, `{name}={counts}`")
            }
            Warning::Empty { name } => write!(f, "`{name}` is empty, which counts as absent"),
            Warning::Resized { name, asked, taken } => write!(f, "`{name}={asked}` was taken as {taken}"),
            Warning::BeyondEnd { given, end: Some(end) } => write!(f, "`{given}` is beyond the end: {end}"),
            Warning::BeyondEnd { given, end: None } => write!(f, "`{given}` is beyond the end: the page is empty"),
            Warning::NeverSet { given } => {
                write!(f, "no asset has `{given}`, which looks like a value that was never set")
            }
            Warning::NoSuchKind { given, meant: None } => write!(f, "no asset can have `{given}`"),
            Warning::NoSuchKind { given, meant: Some(meant) } => {
                write!(f, "no asset can have `{given}`; did you mean `{meant}`?")
            }
            Warning::Contradiction { one, other } => write!(f, "no asset can match `{one}` and `{other}` together"),
            Warning::OtherFilters { name } => {
                write!(f, "the {name} was sent with other filters than it was made with")
            }
            Warning::NotImitated { title, operation } => {
                let Operation { name, method, .. } = operation;
                write!(
                    f,
                    "{title} has the route `{method} {}` (`{name}`), which is not imitated here",
                    operation.path()
                )
            }
            Warning::CrossOrigin { origin, is_off } => {
                let state = if *is_off { "is off" } else { "does not name it" };
                // Not every origin can be named.
                let option = if AllowedOrigins::read(origin).is_ok() { origin } else { "'*'" };
                write!(
                    f,
                    "a browser keeps this answer from the page of the origin `{origin}`, since `--cors` {state}; start with `--cors {option}` to let it in"
                )
            }
        }
    }
}
