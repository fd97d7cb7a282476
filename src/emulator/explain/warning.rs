//! What about an answer was probably not meant: the vendor says nothing about it, and a test should know.

use std::borrow::Cow;
use std::fmt;

use axum::http::HeaderMap;

use super::cursors::{Cursors, JudgedPosition, Place, Recalled};
use super::unmatched::unmatched;
use super::{SHORT, clip, meant};
use crate::contract::operation::Operation;
use crate::contract::operation::Position;
use crate::contract::provider::{Card, Page};
use crate::contract::query::{Args, Empty, Param, Reads, Repeated};
use crate::emulator::redaction::Secrets;
use crate::library::store::{AssetQuery, Key, Start};

/// A request that was answered with a page.
#[derive(Debug, Clone, Copy)]
pub struct Answered<'a> {
    /// The provider.
    pub card: &'static Card,
    /// The key.
    pub key: &'a Key,
    /// The raw query string; empty if there is none.
    pub query: &'a str,
    /// The parameters as read.
    pub args: &'a Args,
    /// What was asked of the library.
    pub plan: &'a AssetQuery,
    /// The page shown.
    pub page: &'a Page,
}

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
        }
    }
}

pub(super) type Pair<'a> = (Cow<'a, str>, Cow<'a, str>);

/// What about an answer was probably not meant. Whoever calls this also lets `cursors`
/// [remember](Cursors::remember) what the answer offers, afterwards.
pub fn warnings(answered: &Answered, cursors: &Cursors) -> Vec<Warning> {
    // Everything that can be warned of was given in the query string.
    if answered.query.is_empty() {
        return Vec::new();
    }
    let pairs: Vec<Pair> = form_urlencoded::parse(answered.query.as_bytes()).collect();
    let mut warnings = Vec::new();
    // What is not known and was not refused is ignored.
    warnings.extend(ignored(answered, &pairs));
    for param in answered.card.params() {
        warnings.extend(uncounted(answered, param, &pairs));
    }
    warnings.extend(resized(answered, &pairs));
    warnings.extend(misplaced(answered, &pairs, cursors));
    warnings.extend(unmatched(answered, &pairs));
    warnings
}

/// The position that is asked for, where a warning depends on whether it was offered before.
pub fn judged_position(answered: &Answered, cursors: &Cursors) -> Option<JudgedPosition> {
    let paging = answered.card.paging();
    match (paging.by, &answered.plan.start) {
        (Position::OffsetCursor | Position::Keyset, Start::Offset(0)) | (Position::Page, _) => None,
        (Position::OffsetCursor | Position::Keyset, _) => {
            let pairs: Vec<Pair> = form_urlencoded::parse(answered.query.as_bytes()).collect();
            let param = answered.card.params().iter().find(|param| param.name == paging.position)?;
            Some(cursors.judge(answered, &Place::Cursor(counted(param, &pairs)?)))
        }
        (Position::Offset, Start::Offset(offset)) if answered.page.rows.is_empty() => {
            Some(cursors.judge(answered, &Place::Offset(*offset)))
        }
        (Position::Offset, _) => None,
    }
}

/// Parameters that the vendor does not know, each once.
fn ignored(answered: &Answered, pairs: &[Pair]) -> Vec<Warning> {
    /// Warned of one by one.
    const FEW: usize = 8;
    let known = |name: &str| answered.card.params().iter().any(|param| param.is_named(name));
    let mut names: Vec<&str> = Vec::new();
    let mut more = 0;
    for (name, _) in pairs.iter().filter(|(name, _)| !known(name)) {
        match names.contains(&&**name) {
            true => {}
            false if names.len() < FEW => names.push(name),
            false => more += 1,
        }
    }
    let ignored = names.iter().map(|name| Warning::Ignored {
        name: shown(answered, name),
        meant: meant(name, answered.card.params().iter().map(|param| param.name)),
    });
    ignored.chain((more > 0).then_some(Warning::MoreIgnored(more))).collect()
}

/// What was given of a parameter and does not count.
fn uncounted(answered: &Answered, param: &Param, pairs: &[Pair]) -> Option<Warning> {
    let times = pairs.iter().filter(|(name, _)| name == param.name).count();
    let counts = counted(param, pairs)?;
    let which = match param.repeated {
        Repeated::First => "first",
        // A repeated `Nested` is refused, so it is given once here.
        Repeated::Last | Repeated::Nested => "last",
        Repeated::All => return None,
    };
    if times > 1 {
        return Some(Warning::Repeated { name: param.name, times, which, counts: shown(answered, counts) });
    }
    let is_default = param.empty == Empty::Absent || param.default == Some("");
    (counts.is_empty() && is_default).then_some(Warning::Empty { name: param.name })
}

/// The text of a parameter that counts.
fn counted<'a>(param: &Param, pairs: &'a [Pair]) -> Option<&'a str> {
    let mut given = pairs.iter().filter(|(name, _)| name == param.name).map(|(_, text)| &**text);
    match param.repeated {
        Repeated::First => given.next(),
        Repeated::Last | Repeated::Nested | Repeated::All => given.next_back(),
    }
}

/// Another page size than was asked for. What was read may already be another number than the client sent.
fn resized(answered: &Answered, pairs: &[Pair]) -> Option<Warning> {
    let name = answered.card.paging().size;
    let param = answered.card.params().iter().find(|param| param.name == name)?;
    let sent = counted(param, pairs).and_then(|text| match param.reads {
        Reads::Integer { read, .. } => read(text).ok(),
        Reads::Text | Reads::OneOf(_) | Reads::Parsed(_) => None,
    });
    let (asked, taken) = (sent.unwrap_or_else(|| answered.args.integer(name)), answered.plan.limit);
    (asked != i64::from(taken)).then_some(Warning::Resized { name, asked, taken })
}

/// A position that leads beyond the end, or was made with other filters.
fn misplaced(answered: &Answered, pairs: &[Pair], cursors: &Cursors) -> Option<Warning> {
    let paging = answered.card.paging();
    let name = paging.position;
    let param = answered.card.params().iter().find(|param| param.name == name)?;
    let text = counted(param, pairs).filter(|text| !text.is_empty())?;
    let is_cursor = matches!(paging.by, Position::OffsetCursor | Position::Keyset);
    if is_cursor && cursors.judge(answered, &Place::Cursor(text)).recalled == Recalled::OtherFilters {
        return Some(Warning::OtherFilters { name });
    }
    let given = || format!("{name}={}", shown(answered, text));
    is_beyond_end(answered, cursors).then(|| Warning::BeyondEnd { given: given(), end: end(answered) })
}

/// Whether the page is empty because its position is beyond the end. The page right behind the last is not worth a
/// warning where pages are asked for by number: clients walk until one is empty.
fn is_beyond_end(answered: &Answered, cursors: &Cursors) -> bool {
    let Answered { card, page, plan, .. } = answered;
    if !page.rows.is_empty() {
        return false;
    }
    match (card.paging().by, &plan.start) {
        (_, Start::Offset(0)) => false,
        (Position::Page, Start::Offset(offset)) => offset / u64::from(plan.limit.max(1)) > pages(answered),
        (Position::Offset, Start::Offset(offset)) => {
            cursors.judge(answered, &Place::Offset(*offset)).recalled != Recalled::SameFilters
        }
        (Position::Page | Position::Offset | Position::OffsetCursor | Position::Keyset, _) => true,
    }
}

/// How much there is, where a page of this vendor's says so.
fn end(answered: &Answered) -> Option<String> {
    let say = |count: u64, one: &str, many: &str| match count {
        1 => format!("there is 1 {one}"),
        count => format!("there are {count} {many}"),
    };
    answered.plan.counted.then(|| match answered.card.paging().by {
        Position::Page => say(pages(answered), "page", "pages"),
        Position::Offset | Position::OffsetCursor | Position::Keyset => say(answered.page.total, "asset", "assets"),
    })
}

fn pages(answered: &Answered) -> u64 {
    answered.page.total.div_ceil(u64::from(answered.plan.limit.max(1)))
}

/// A client's text, as far as it can be shown.
pub(super) fn shown(answered: &Answered, text: &str) -> String {
    clip(text, SHORT, &Secrets::of(Some(&answered.key.key), &HeaderMap::new())).into_owned()
}
