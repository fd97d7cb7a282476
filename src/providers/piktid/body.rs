//! How Pydantic v2 reads the JSON of a body. Inferred: the server uses Pydantic, and is given what its framework
//! parsed. Unknown fields are ignored, which is Pydantic's default.

use serde_json::{Map, Value};

use crate::contract::failure::Failure;
use crate::contract::handler::Input;
use crate::contract::query::{Problem, Violation};
use crate::library::fixture::LONGEST_NAME;

/// The object in the body.
pub fn object<'i>(input: &'i Input) -> Result<&'i Map<String, Value>, Failure> {
    let end = || Failure::InvalidJson { reason: "EOF while parsing a value at line 1 column 0".to_owned() };
    let body = input.body.json.as_ref().ok_or_else(end)?;
    body.as_object()
        .ok_or_else(|| Failure::Invalid(vec![Violation::in_body("", Some(body), Problem::NotA("a dictionary"))]))
}

/// A required field.
pub fn required<'b>(body: &'b Map<String, Value>, name: &'static str) -> Result<&'b Value, Failure> {
    body.get(name).ok_or_else(|| Failure::Invalid(vec![Violation::in_body(name, None, Problem::Missing)]))
}

/// A required text.
pub fn required_text(input: &Input, name: &'static str) -> Result<String, Failure> {
    let value = required(object(input)?, name)?;
    let wrong = || Failure::Invalid(vec![Violation::in_body(name, Some(value), Problem::NotA("a string"))]);
    value.as_str().map(str::to_owned).ok_or_else(wrong)
}

/// A required name of something new. Inferred: it may be empty, and is at most as long as in fixtures.
pub fn required_name(input: &Input, field: &'static str) -> Result<String, Failure> {
    let name = required_text(input, field)?;
    if name.len() > LONGEST_NAME {
        return Err(Failure::Invalid(vec![Violation::in_body(field, None, too_long(LONGEST_NAME))]));
    }
    Ok(name)
}

/// What is wrong with a text of more than `most` bytes.
pub fn too_long(most: usize) -> Problem {
    Problem::Malformed(format!("String should have at most {most} characters"))
}

/// A required list of texts, which must have 1 to `most` items. The length is looked at first.
pub fn required_texts(input: &Input, name: &'static str, most: usize) -> Result<Vec<String>, Failure> {
    let value = required(object(input)?, name)?;
    let wrong = |problem| Failure::Invalid(vec![Violation::in_body(name, Some(value), problem)]);
    let items = value.as_array().ok_or_else(|| wrong(Problem::NotA("a list")))?;
    let length = |bound: &str| format!("List should have at {bound} after validation, not {}", items.len());
    if items.is_empty() {
        return Err(wrong(Problem::Malformed(length("least 1 item"))));
    }
    if items.len() > most {
        return Err(wrong(Problem::Malformed(length(&format!("most {most} items")))));
    }
    let others = items.iter().enumerate().filter(|(_, item)| !item.is_string());
    let violations: Vec<_> = others
        .map(|(place, item)| Violation::in_body(format!("{name}.{place}"), Some(item), Problem::NotA("a string")))
        .collect();
    if !violations.is_empty() {
        return Err(Failure::Invalid(violations));
    }
    Ok(items.iter().filter_map(Value::as_str).map(str::to_owned).collect())
}
