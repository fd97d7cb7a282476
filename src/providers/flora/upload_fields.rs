//! The fields of an upload, which come as JSON or, with the file, as a form.

use serde_json::Value as Json;
use url::Url;

use super::list;
use super::projects::check_name;
use super::upload_file::check_type;
use crate::contract::context::Context;
use crate::contract::failure::Failure;
use crate::contract::handler::Input;
use crate::contract::query::{Problem, Violation};
use crate::http::public_address::{UrlProblem, public_url};

/// The fields of an upload. All are valid.
#[derive(Debug)]
pub struct UploadFields<'a> {
    /// Where the bytes come from.
    pub source: Source,
    /// The type of the file.
    pub content_type: Option<&'a str>,
    /// The name of the file.
    pub file_name: Option<&'a str>,
    /// The project on whose canvas it is put.
    pub project: Option<&'a str>,
}

/// Where the bytes of an upload come from.
#[derive(Debug)]
pub enum Source {
    /// The form that has the fields.
    Form,
    /// A signed form, which is sent later.
    SignedForm,
    /// This URL.
    Url(Url),
}

/// The `source` of an upload whose bytes follow. Documented.
const SIGNED_URL: &str = "signed-url";

/// A field, and the check of its text.
struct Field {
    name: &'static str,
    is_required: bool,
    check: fn(&str) -> Result<(), Problem>,
}

/// The fields of the JSON, in the order of its schema. Documented: the names and the prefixes of ids. Of a form, the
/// first one is not a field.
const FIELDS: [Field; 6] = [
    Field { name: "source", is_required: true, check: check_source },
    Field { name: "workspace_id", is_required: true, check: |id| list::prefixed("ws_", id).map(drop) },
    Field { name: "folder", is_required: false, check: check_folder },
    Field { name: "content_type", is_required: false, check: check_type },
    Field { name: "file_name", is_required: false, check: check_name },
    Field { name: "project_id", is_required: false, check: |id| list::prefixed("prj_", id).map(drop) },
];

/// Documented: other fields of the JSON are refused. Inferred: those of a form as well.
pub fn read<'a>(input: &'a Input, cx: &Context) -> Result<UploadFields<'a>, Failure> {
    let given = match &input.body.form {
        Some(form) => form.iter().map(|(name, text)| (&**name, FieldValue::Text(text))).collect(),
        None => fields_of_json(input)?,
    };
    let fields = &FIELDS[usize::from(input.body.form.is_some())..];
    let mut violations: Vec<_> = fields.iter().filter_map(|field| field.violation(&given)).collect();
    violations.extend(given.iter().filter(|(name, _)| !fields.iter().any(|field| field.name == *name)).map(unknown));
    if !violations.is_empty() {
        return Err(Failure::Invalid(violations));
    }
    let text = |wanted: &str| given.iter().find(|(name, _)| *name == wanted).and_then(|(_, given)| given.text());
    if text("workspace_id") != Some(cx.workspace()) {
        return Err(Failure::ForeignWorkspace);
    }
    let source = match text("source").map(public_url) {
        None => Source::Form,
        Some(Ok(url)) => Source::Url(url),
        // The only text that is valid and no URL.
        Some(Err(_)) => Source::SignedForm,
    };
    Ok(UploadFields {
        source,
        content_type: text("content_type"),
        file_name: text("file_name"),
        project: text("project_id"),
    })
}

fn fields_of_json<'a>(input: &'a Input) -> Result<Vec<(&'a str, FieldValue<'a>)>, Failure> {
    let fields = input.object()?.ok_or_else(|| Failure::InvalidJson { reason: "there is none".to_owned() })?;
    Ok(fields.iter().map(|(name, json)| (&**name, FieldValue::Json(json))).collect())
}

/// What stands for a field.
#[derive(Clone, Copy)]
enum FieldValue<'a> {
    /// The text of a part of a form.
    Text(&'a str),
    /// The JSON of a field.
    Json(&'a Json),
}

impl<'a> FieldValue<'a> {
    fn text(self) -> Option<&'a str> {
        match self {
            FieldValue::Text(text) => Some(text),
            FieldValue::Json(json) => json.as_str(),
        }
    }

    fn json(self) -> Json {
        match self {
            FieldValue::Text(text) => text.into(),
            FieldValue::Json(json) => json.clone(),
        }
    }
}

impl Field {
    fn violation(&self, given: &[(&str, FieldValue)]) -> Option<Violation> {
        let mut found = given.iter().filter(|(name, _)| *name == self.name).map(|(_, given)| *given);
        let checked = match (found.next(), found.next()) {
            (None, _) if self.is_required => Err((None, Problem::Missing)),
            (None, _) => Ok(()),
            (Some(first), Some(_)) => Err((Some(first), Problem::Repeated)),
            (Some(only), None) => match only.text() {
                Some(text) => (self.check)(text).map_err(|problem| (Some(only), problem)),
                None => Err((Some(only), Problem::NotA("a string"))),
            },
        };
        let (given, problem) = checked.err()?;
        Some(Violation::in_body(self.name, given.map(FieldValue::json).as_ref(), problem))
    }
}

fn unknown((name, given): &(&str, FieldValue)) -> Violation {
    Violation::in_body((*name).to_owned(), Some(&given.json()), Problem::Unknown)
}

/// Inferred: the message for a URL whose host, or an address of it, is not public.
pub const NOT_PUBLIC: &str = "URL is not public";

/// Documented: `signed-url`, or a URL with `https` whose address is public. Inferred: the messages.
fn check_source(source: &str) -> Result<(), Problem> {
    let wrong = |message: &str| Err(Problem::Malformed(message.to_owned()));
    match public_url(source) {
        _ if source == SIGNED_URL => Ok(()),
        Ok(url) if url.scheme() == "https" => Ok(()),
        Err(UrlProblem::Address) => wrong(NOT_PUBLIC),
        Ok(_) | Err(UrlProblem::Malformed | UrlProblem::Scheme) => wrong("Invalid url"),
    }
}

/// Inferred: any text.
fn check_folder(_: &str) -> Result<(), Problem> {
    Ok(())
}
