//! What can be wrong with the parameters of a request.

use std::borrow::Cow;

use serde_json::Value as Json;

/// What is wrong with one parameter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    /// The parameter: its name in the table, or an unknown name as the client wrote it.
    pub param: Cow<'static, str>,
    /// The text that the client sent for it.
    pub given: String,
    /// What is wrong.
    pub problem: Problem,
    /// Where in the request it stands.
    pub location: Location,
    /// The position of its first pair in the query string, from 0; 0 for path and body.
    pub position: usize,
}

/// A part of a request that holds parameters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Location {
    /// The path.
    Path,
    /// The query string.
    Query,
    /// The fields of the body.
    Body,
    /// The file that the request sends.
    File,
}

impl Violation {
    /// A violation by a segment of the path.
    pub fn in_path(param: &'static str, given: &str, problem: Problem) -> Violation {
        let (param, given) = (Cow::Borrowed(param), given.to_owned());
        Violation { param, given, problem, location: Location::Path, position: 0 }
    }

    /// A violation by the file that the request sends, or by its type. `what` is the vendor's word for it, and the message
    /// is the vendor's.
    pub fn in_file(what: &'static str, given: &str, message: &str) -> Violation {
        let (param, problem) = (Cow::Borrowed(what), Problem::Malformed(message.to_owned()));
        Violation { param, given: given.to_owned(), problem, location: Location::File, position: 0 }
    }

    /// A violation by a field of the body. `given` is its JSON, or empty if it is missing.
    pub fn in_body(field: impl Into<Cow<'static, str>>, given: Option<&Json>, problem: Problem) -> Violation {
        let (param, given) = (field.into(), given.map(Json::to_string).unwrap_or_default());
        Violation { param, given, problem, location: Location::Body, position: 0 }
    }
}

/// What can be wrong with a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Problem {
    /// Not a number in this vendor's grammar.
    NotANumber,
    /// A number that is not whole. This is the next lower whole number. The number may also be out of bounds.
    NotWhole(i64),
    /// Below this minimum.
    Below(i64),
    /// Above this maximum.
    Above(i64),
    /// None of these words.
    NotOneOf(&'static [&'static str]),
    /// Given more than once, or as an array.
    Repeated,
    /// Given as an object.
    Object,
    /// No such parameter.
    Unknown,
    /// A required parameter or field is missing.
    Missing,
    /// JSON of another type than this one, such as `a string`.
    NotA(&'static str),
    /// Invalid in a grammar of the vendor's own. The text is the vendor's message; it is empty if the vendor has none.
    Malformed(String),
}

impl Problem {
    /// The problem of a value that is invalid in a grammar for which the vendor has no message.
    pub fn malformed() -> Problem {
        Problem::Malformed(String::new())
    }
}
