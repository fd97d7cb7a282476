//! Reads a query string strictly, by a table of parameters. The table has types, bounds and rules for empty, repeated
//! and unknown parameters. What a parameter means, and how a vendor words an error, is not known here.
//!
//! Every violation is reported, in the table's order. The table names a vendor's number grammar as a function, because
//! `05`, `+5`, `1_000` and `1e1` are integers to some servers and not to others.

mod args;
mod brackets;
pub mod integers;
mod violation;

use std::borrow::Cow;

pub use args::{Args, Value};
pub use violation::{Location, Problem, Violation};

use crate::contract::evidence::Evidence;

/// One documented parameter of a list operation: one line of a provider's `list.rs`.
///
/// ```
/// use assetmock::contract::query::{Param, integers};
/// use assetmock::contract::evidence::Evidence::Documented;
/// const LIMIT: Param = Param::integer("limit", integers::atoi, 1, 200).or("50").known(Documented, "Page size.");
/// assert_eq!(LIMIT.default, Some("50"));
/// ```
#[derive(Debug, Clone, Copy)]
pub struct Param {
    /// The name on the wire.
    pub name: &'static str,
    /// How its text is converted to a value.
    pub reads: Reads,
    /// The text that is read if the parameter is absent; `None`: it has no value then.
    pub default: Option<&'static str>,
    /// Whether the request is refused without it.
    pub is_required: bool,
    /// How `name=` is treated.
    pub empty: Empty,
    /// How a repeated name is treated.
    pub repeated: Repeated,
    /// Whether a number out of bounds counts as the nearest one within them. Otherwise it is a violation.
    pub is_clamped: bool,
    /// How sure we are of this line.
    pub evidence: Evidence,
    /// What it does, in a sentence.
    pub about: &'static str,
}

/// How a parameter's text is converted to a value.
#[derive(Debug, Clone, Copy)]
pub enum Reads {
    /// A whole number in a vendor's grammar, with inclusive bounds.
    Integer {
        /// The vendor's grammar.
        read: fn(&str) -> Result<i64, Problem>,
        /// The smallest value allowed.
        min: i64,
        /// The largest value allowed.
        max: i64,
    },
    /// Any text.
    Text,
    /// One of these words, compared exactly.
    OneOf(&'static [&'static str]),
    /// A grammar of the vendor's own.
    Parsed(fn(&str) -> Result<Value, Problem>),
}

/// How an empty value (`name=`) is treated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Empty {
    /// The same as leaving the parameter out.
    Absent,
    /// As any other value, which may be invalid.
    Value,
}

/// How a parameter is treated that is given more than once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Repeated {
    /// The first one counts.
    First,
    /// The last one counts.
    Last,
    /// The values make an array, as brackets after the name do: see [`brackets`]. An array is a violation, except for
    /// a number's array of one item.
    Nested,
    /// All of them count: the value is a list.
    All,
}

/// How a server treats parameters that are not in the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unknown {
    /// It ignores them.
    Ignored,
    /// It refuses the request.
    Refused,
}

impl Param {
    const fn new(name: &'static str, reads: Reads) -> Param {
        Param {
            name,
            reads,
            default: None,
            is_required: false,
            empty: Empty::Value,
            repeated: Repeated::Last,
            is_clamped: false,
            evidence: Evidence::Documented,
            about: "",
        }
    }

    /// A whole number from `min` to `max`, read by `read`.
    pub const fn integer(name: &'static str, read: fn(&str) -> Result<i64, Problem>, min: i64, max: i64) -> Param {
        Param::new(name, Reads::Integer { read, min, max })
    }

    /// Any text.
    pub const fn text(name: &'static str) -> Param {
        Param::new(name, Reads::Text)
    }

    /// One of `words`.
    pub const fn one_of(name: &'static str, words: &'static [&'static str]) -> Param {
        Param::new(name, Reads::OneOf(words))
    }

    /// Text in a grammar of the vendor's own.
    pub const fn parsed(name: &'static str, read: fn(&str) -> Result<Value, Problem>) -> Param {
        Param::new(name, Reads::Parsed(read))
    }

    /// Sets the text that is read if the parameter is absent.
    pub const fn or(mut self, default: &'static str) -> Param {
        self.default = Some(default);
        self
    }

    /// Makes it a violation to leave the parameter out.
    pub const fn required(mut self) -> Param {
        self.is_required = true;
        self
    }

    /// Sets how `name=` is treated; by default it is a value.
    pub const fn empty(mut self, empty: Empty) -> Param {
        self.empty = empty;
        self
    }

    /// Sets how a repeated name is treated; by default the last one counts.
    pub const fn repeated(mut self, repeated: Repeated) -> Param {
        self.repeated = repeated;
        self
    }

    /// Makes a number out of bounds count as the nearest one within them.
    pub const fn clamped(mut self) -> Param {
        self.is_clamped = true;
        self
    }

    /// Sets how sure we are of this line, and what the parameter does.
    pub const fn known(mut self, evidence: Evidence, about: &'static str) -> Param {
        self.evidence = evidence;
        self.about = about;
        self
    }

    /// Whether a name in a query string means this parameter.
    pub fn is_named(&self, name: &str) -> bool {
        name == self.name || (self.repeated == Repeated::Nested && brackets::root(name) == self.name)
    }

    fn read(&self, text: &str) -> Result<Value, Vec<Problem>> {
        match self.reads {
            Reads::Text => Ok(Value::Text(text.to_owned())),
            Reads::OneOf(words) if words.contains(&text) => Ok(Value::Text(text.to_owned())),
            Reads::OneOf(words) => Err(vec![Problem::NotOneOf(words)]),
            Reads::Parsed(read) => read(text).map_err(|problem| vec![problem]),
            Reads::Integer { read, min, max } => match read(text) {
                Ok(number) if self.is_clamped => Ok(Value::Integer(number.clamp(min, max))),
                Ok(number) if number < min => Err(vec![Problem::Below(min)]),
                Ok(number) if number > max => Err(vec![Problem::Above(max)]),
                Ok(number) => Ok(Value::Integer(number)),
                Err(Problem::NotWhole(floor)) => {
                    let below = (floor < min).then_some(Problem::Below(min));
                    // The number is above its floor, so it exceeds `max` even if the floor is equal to `max`.
                    let above = (floor >= max).then_some(Problem::Above(max));
                    Err([Problem::NotWhole(floor)].into_iter().chain(below).chain(above).collect())
                }
                Err(problem) => Err(vec![problem]),
            },
        }
    }
}

/// Reads a raw query string (what follows `?`) against `params`.
///
/// Decoding follows the WHATWG form rules: `+` is a space, a stray `%` stays as it is, invalid UTF-8 becomes U+FFFD.
pub fn read(params: &[Param], unknown: Unknown, raw: &str) -> Result<Args, Vec<Violation>> {
    let pairs: Vec<Pair> = form_urlencoded::parse(raw.as_bytes()).collect();
    let mut args = Args::default();
    let mut violations = Vec::new();
    for param in params {
        let read = match param.repeated {
            Repeated::Nested => read_nested(param, &pairs),
            _ => read_one(param, &given(param, &pairs)),
        };
        match read {
            Ok(Some(value)) => args.values.push((param.name, value)),
            Ok(None) => {}
            Err(more) => violations.extend(more),
        }
    }
    if unknown == Unknown::Refused {
        violations.extend(unknown_parameters(params, &pairs));
    }
    if violations.is_empty() { Ok(args) } else { Err(violations) }
}

type Pair<'a> = (Cow<'a, str>, Cow<'a, str>);

/// The values of a parameter, and the position of each in the query string.
fn given<'a>(param: &Param, pairs: &'a [Pair]) -> Vec<(usize, &'a str)> {
    let named = pairs.iter().enumerate().filter(|(_, (name, _))| name == param.name);
    named.map(|(position, (_, text))| (position, &**text)).collect()
}

fn read_one(param: &Param, given: &[(usize, &str)]) -> Result<Option<Value>, Vec<Violation>> {
    let position = given.first().map_or(0, |(position, _)| *position);
    let read = |text: &str| param.read(text).map_err(|problems| violations_of(param, text, position, problems));
    let chosen = match (param.repeated, given) {
        (_, []) => None,
        (Repeated::All, _) => return read_all(given, read).map(Some),
        (Repeated::First, [(_, first), ..]) => Some(*first),
        (_, [.., (_, last)]) => Some(*last),
    };
    match chosen.filter(|text| !(text.is_empty() && param.empty == Empty::Absent)) {
        Some(text) => read(text).map(Some),
        None if param.is_required => Err(violations_of(param, "", position, vec![Problem::Missing])),
        None => param.default.map(read).transpose(),
    }
}

/// Reads a parameter whose name may have brackets.
fn read_nested(param: &Param, pairs: &[Pair]) -> Result<Option<Value>, Vec<Violation>> {
    let named: Vec<_> = pairs.iter().enumerate().filter(|(_, (name, _))| brackets::root(name) == param.name).collect();
    let texts = named.iter().map(|(_, (name, text))| (&**name, &**text));
    let (Some(collected), [(position, _), ..]) = (brackets::collect(param.name, texts), &named[..]) else {
        return read_one(param, &[]);
    };
    let text = match param.reads {
        Reads::Integer { .. } => collected.number(),
        Reads::Text | Reads::OneOf(_) | Reads::Parsed(_) => collected.text(),
    };
    match text {
        Ok(text) => read_one(param, &[(*position, text)]),
        Err(problem) => {
            let last = named.last().map_or("", |(_, (_, text))| text);
            Err(violations_of(param, last, *position, vec![problem]))
        }
    }
}

fn violations_of(param: &Param, text: &str, position: usize, problems: Vec<Problem>) -> Vec<Violation> {
    let violation = |problem| Violation {
        param: Cow::Borrowed(param.name),
        given: text.to_owned(),
        problem,
        location: Location::Query,
        position,
    };
    problems.into_iter().map(violation).collect()
}

fn read_all(
    given: &[(usize, &str)],
    read: impl Fn(&str) -> Result<Value, Vec<Violation>>,
) -> Result<Value, Vec<Violation>> {
    let mut items = Vec::new();
    for (_, text) in given {
        match read(text)? {
            Value::List(more) => items.extend(more),
            Value::Text(one) => items.push(one),
            other => panic!("a parameter whose repetitions all count reads texts, not {other:?}: its table is wrong"),
        }
    }
    Ok(Value::List(items))
}

fn unknown_parameters(params: &[Param], pairs: &[Pair]) -> Vec<Violation> {
    let mut seen = std::collections::HashSet::new();
    pairs
        .iter()
        .enumerate()
        .filter(|(_, (name, _))| params.iter().all(|param| !param.is_named(name)) && seen.insert(&**name))
        .map(|(position, (name, text))| Violation {
            param: Cow::Owned(name.clone().into_owned()),
            given: text.clone().into_owned(),
            problem: Problem::Unknown,
            location: Location::Query,
            position,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const TABLE: &[Param] = &[
        Param::integer("limit", integers::atoi, 1, 200).or("50"),
        Param::text("q").empty(Empty::Absent).repeated(Repeated::First),
        Param::one_of("order", &["asc", "desc"]).repeated(Repeated::Nested),
    ];

    #[test]
    fn a_required_parameter_that_is_left_out_is_a_violation() {
        for repeated in [Repeated::Last, Repeated::Nested] {
            let table = [TABLE[0], Param::text("of").required().repeated(repeated)];
            let violations = read(&table, Unknown::Ignored, "limit=0").unwrap_err();
            let problems: Vec<_> = violations.into_iter().map(|violation| violation.problem).collect();
            assert_eq!(problems, [Problem::Below(1), Problem::Missing]);
            assert_eq!(read(&table, Unknown::Ignored, "of=").unwrap().text("of"), Some(""));
        }
    }

    fn problems(raw: &str) -> Vec<Problem> {
        read(TABLE, Unknown::Refused, raw).unwrap_err().into_iter().map(|violation| violation.problem).collect()
    }

    #[test]
    fn an_absent_parameter_has_its_default_or_no_value() {
        let args = read(TABLE, Unknown::Refused, "q=").unwrap();
        assert_eq!((args.integer("limit"), args.text("q"), args.text("order")), (50, None, None));
    }

    #[test]
    fn every_violation_is_reported_in_the_order_of_the_table() {
        let words: &[&str] = &["asc", "desc"];
        assert_eq!(
            problems("order=up&nope=1&limit=0"),
            [Problem::Below(1), Problem::NotOneOf(words), Problem::Unknown]
        );
    }

    #[test]
    fn repetition_follows_the_line_of_the_table() {
        let args = read(TABLE, Unknown::Refused, "limit=5&limit=7&q=a&q=b").unwrap();
        assert_eq!((args.integer("limit"), args.text("q")), (7, Some("a")));
        assert_eq!(problems("order=asc&order=asc"), [Problem::Repeated]);
    }

    #[test]
    fn a_fraction_can_be_out_of_bounds_too() {
        const HALVES: Param = Param::integer("limit", |_| Err(Problem::NotWhole(200)), 1, 200);
        let violations = read(&[HALVES], Unknown::Ignored, "limit=200.5").unwrap_err();
        let problems: Vec<_> = violations.into_iter().map(|violation| violation.problem).collect();
        assert_eq!(problems, [Problem::NotWhole(200), Problem::Above(200)]);
    }

    #[test]
    fn brackets_belong_to_a_parameter_only_where_its_line_says_so() {
        assert_eq!(problems("order[]=asc"), [Problem::Repeated]);
        assert_eq!(problems("order[x]=asc"), [Problem::Object]);
        assert_eq!(problems("limit[]=5"), [Problem::Unknown]);
    }
}
