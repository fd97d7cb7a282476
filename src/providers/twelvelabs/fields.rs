//! The fields of TwelveLabs' bodies: those of a JSON object, or of a form, in which every value is a text. All
//! violations of a body are reported together.

use std::borrow::Cow;

use serde_json::{Map, Value};

use super::asset::unknown;
use super::user_metadata::{self, METADATA};
use crate::contract::context::Context;
use crate::contract::failure::Failure;
use crate::contract::handler::Input;
use crate::contract::query::{Problem, Unknown, Violation};
use crate::library::metadata::Metadata;

/// The longest name of a file, in characters. Documented.
const LONGEST_NAME: usize = 255;

/// The fields of one body, and what is wrong with those that were read.
#[derive(Debug)]
pub struct Fields<'a> {
    fields: Cow<'a, Map<String, Value>>,
    violations: Vec<Violation>,
}

impl<'a> Fields<'a> {
    /// The fields of a JSON object. Inferred: no body is like an empty object.
    pub fn of_json(input: &'a Input, cx: &Context, known: &[&str]) -> Result<Fields<'a>, Failure> {
        let fields = input.object()?.map_or_else(|| Cow::Owned(Map::new()), Cow::Borrowed);
        Ok(Fields::checked(fields, cx, known))
    }

    /// The fields of a form. Inferred: of a field that is given more than once the first counts.
    pub fn of_form(input: &'a Input, cx: &Context, known: &[&str]) -> Fields<'a> {
        let mut fields = Map::new();
        for (name, text) in input.body.form.iter().flatten() {
            fields.entry(name.clone()).or_insert_with(|| Value::String(text.clone()));
        }
        Fields::checked(Cow::Owned(fields), cx, known)
    }

    /// Inferred: unknown fields are unknown parameters.
    fn checked(fields: Cow<'a, Map<String, Value>>, cx: &Context, known: &[&str]) -> Fields<'a> {
        let is_refused = unknown(cx.variants) == Unknown::Refused;
        let others = fields.iter().filter(|(name, _)| is_refused && !known.contains(&name.as_str()));
        let unknown = others.map(|(name, value)| Violation::in_body(name.clone(), Some(value), Problem::Unknown));
        Fields { violations: unknown.collect(), fields }
    }

    /// Reads a field that must be given. Inferred: null is like nothing.
    pub fn required<T>(&mut self, name: &'static str, read: impl FnOnce(&Value) -> Result<T, Problem>) -> Option<T> {
        if self.given(name).is_none() {
            self.refuse(name, Problem::Missing);
        }
        self.optional(name, read)
    }

    /// Reads a field that may be left out.
    pub fn optional<T>(&mut self, name: &'static str, read: impl FnOnce(&Value) -> Result<T, Problem>) -> Option<T> {
        match self.given(name).map(read)? {
            Ok(value) => Some(value),
            Err(problem) => {
                self.refuse(name, problem);
                None
            }
        }
    }

    /// Records that something is wrong with a field.
    pub fn refuse(&mut self, name: &'static str, problem: Problem) {
        self.violations.push(Violation::in_body(name, self.fields.get(name), problem));
    }

    /// All that was read, unless something was wrong. `read` is `None` only then.
    pub fn finish<T>(self, read: Option<T>) -> Result<T, Failure> {
        read.filter(|_| self.violations.is_empty()).ok_or(Failure::Invalid(self.violations))
    }

    fn given(&self, name: &str) -> Option<&Value> {
        self.fields.get(name).filter(|value| !value.is_null())
    }
}

/// A word of a fixed list.
pub fn word(words: &'static [&'static str]) -> impl FnOnce(&Value) -> Result<&'static str, Problem> {
    move |value| {
        let found = words.iter().find(|word| value.as_str() == Some(word));
        found.copied().ok_or(Problem::NotOneOf(words))
    }
}

/// The name of a file: from 1 to 255 characters (documented). Inferred: a field keeps its folders, since no framework
/// changes the text of a field. The name of a part loses them, as in the framework that the vendor seems to use.
pub fn file_name(value: &Value) -> Result<String, Problem> {
    let name = value.as_str().ok_or(Problem::NotA("a string"))?;
    if (1..=LONGEST_NAME).contains(&name.chars().count()) { Ok(name.to_owned()) } else { Err(Problem::malformed()) }
}

/// True or false, in JSON.
pub fn flag(value: &Value) -> Result<bool, Problem> {
    value.as_bool().ok_or(Problem::NotA("a boolean"))
}

/// True or false, as a text in a form (client).
pub fn flag_text(value: &Value) -> Result<bool, Problem> {
    match value.as_str() {
        Some("true") => Ok(true),
        Some("false") => Ok(false),
        _ => Err(Problem::malformed()),
    }
}

/// A whole number within these bounds.
pub fn number(least: u64, most: u64) -> impl FnOnce(&Value) -> Result<u64, Problem> {
    move |value| {
        let number = value.as_u64().ok_or(Problem::NotA("a whole number"))?;
        if (least..=most).contains(&number) { Ok(number) } else { Err(Problem::malformed()) }
    }
}

/// User metadata, in JSON. Client: null, an empty text and an empty array are left out.
pub fn metadata(value: &Value) -> Result<Metadata, Problem> {
    user_metadata::values(Some(value)).map(user_metadata::without_nulls)
}

/// User metadata, as JSON in a text (client).
pub fn metadata_text(value: &Value) -> Result<Metadata, Problem> {
    let json = value.as_str().and_then(|text| serde_json::from_str(text).ok());
    metadata(&json.ok_or(METADATA)?)
}
