//! The kinds of warnings and their texts.

use std::fmt;

use crate::contract::operation::Operation;
use crate::http::cors::AllowedOrigins;

/// Something in a request that was probably a mistake. `Display` writes it as a sentence without a full stop.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Warning {
    /// A parameter that this vendor does not know and ignores.
    Ignored {
        /// The parameter, cut and redacted.
        name: String,
        /// The parameter that was probably meant.
        meant: Option<&'static str>,
    },
    /// The number of further ignored parameters.
    MoreIgnored(usize),
    /// A parameter that was sent more than once and counts once.
    Repeated {
        /// The parameter.
        name: &'static str,
        /// How often it was sent.
        times: usize,
        /// `first` or `last`.
        which: &'static str,
        /// The value that counts, cut and redacted.
        counts: String,
    },
    /// An empty parameter that counts as absent.
    Empty {
        /// The parameter.
        name: &'static str,
    },
    /// A page size that the vendor replaced with another.
    Resized {
        /// The parameter.
        name: &'static str,
        /// The requested size.
        asked: i64,
        /// The size that was used.
        taken: u32,
    },
    /// A page beyond the end.
    BeyondEnd {
        /// The parameter and its value, cut and redacted.
        given: String,
        /// The total of pages or assets, if this vendor's pages show it.
        end: Option<String>,
    },
    /// A filter whose value looks like a variable without a value, such as `undefined`, and matched nothing.
    NeverSet {
        /// The parameter and its value, cut and redacted.
        given: String,
    },
    /// A filter by an unknown kind of asset.
    NoSuchKind {
        /// The parameter and its value, cut and redacted.
        given: String,
        /// The kind that was probably meant.
        meant: Option<&'static str>,
    },
    /// Two filters that exclude each other.
    Contradiction {
        /// One parameter.
        one: &'static str,
        /// The other.
        other: &'static str,
    },
    /// A cursor that was sent with other filters than those that it was offered with.
    OtherFilters {
        /// The parameter.
        name: &'static str,
    },
    /// A fault that the request asked for and that changes nothing of the answer.
    IdleFault {
        /// The fault.
        name: String,
    },
    /// A route that the vendor has and the emulator does not imitate.
    NotImitated {
        /// The vendor's name, as it writes it.
        title: &'static str,
        /// The route.
        operation: &'static Operation,
    },
    /// A request from a page of another origin, from which a browser withholds the response (CORS).
    CrossOrigin {
        /// The origin, cut and redacted.
        origin: String,
        /// Whether `--cors` is not set at all.
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
            Warning::IdleFault { name } => {
                write!(f, "the fault `{name}` changes only answers with a body that is long enough")
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
                // `--cors` does not accept every origin that a browser sends, for example `null`.
                let option = if AllowedOrigins::read(origin).is_ok() { origin } else { "'*'" };
                write!(
                    f,
                    "a browser keeps this answer from the page of the origin `{origin}`, since `--cors` {state}; start with `--cors {option}` to let it in"
                )
            }
        }
    }
}
