//! TwelveLabs' routes on the metadata that users give to an asset. `PATCH` merges, `PUT` replaces, `DELETE` clears.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::asset::{no_content, selector, unknown};
use crate::contract::context::Context;
use crate::contract::failure::Failure;
use crate::contract::handler::{CommandHandler, Input};
use crate::contract::query::{Problem, Unknown, Violation};
use crate::library::metadata::{Metadata, MetadataChange, MetadataValue};
use crate::library::store::ChangeUserMetadata;

/// What metadata is, in the words of a violation.
pub const METADATA: Problem = Problem::NotA("an object of strings, numbers, booleans and arrays of strings");

/// The only field of the body.
const FIELD: &str = "user_metadata";

/// Adds the names and values of the body to the metadata. Client: null removes a name.
pub static UPDATE: CommandHandler<ChangeUserMetadata> = CommandHandler {
    command: |input, cx| {
        Ok(ChangeUserMetadata { asset: selector(input)?, change: MetadataChange::Merge(read_metadata(input, cx)?) })
    },
    reply: |(), cx| no_content(cx),
};

/// Puts the names and values of the body in place of all metadata. Client: null is ignored.
pub static REPLACE: CommandHandler<ChangeUserMetadata> = CommandHandler {
    command: |input, cx| {
        Ok(ChangeUserMetadata {
            asset: selector(input)?,
            change: MetadataChange::Replace(without_nulls(read_metadata(input, cx)?)),
        })
    },
    reply: |(), cx| no_content(cx),
};

/// Removes all metadata. Inferred: a body is ignored.
pub static DELETE: CommandHandler<ChangeUserMetadata> = CommandHandler {
    command: |input, _| {
        Ok(ChangeUserMetadata { asset: selector(input)?, change: MetadataChange::Replace(Metadata::new()) })
    },
    reply: |(), cx| no_content(cx),
};

/// The values that are not null.
pub fn without_nulls(values: BTreeMap<String, Option<MetadataValue>>) -> Metadata {
    values.into_iter().filter_map(|(name, value)| Some((name, value?))).collect()
}

/// The names and values of the body, where null is `None`.
fn read_metadata(input: &Input, cx: &Context) -> Result<BTreeMap<String, Option<MetadataValue>>, Failure> {
    let none = Map::new();
    let fields = input.object()?.unwrap_or(&none);
    let others = fields.iter().filter(|(name, _)| *name != FIELD);
    let others = others.map(|(name, value)| Violation::in_body(name.clone(), Some(value), Problem::Unknown));
    let mut violations: Vec<_> = others.filter(|_| unknown(cx.variants) == Unknown::Refused).collect();
    let values = values(fields.get(FIELD)).map_err(|problem| Violation::in_body(FIELD, fields.get(FIELD), problem));
    match values {
        Ok(values) if violations.is_empty() => return Ok(values),
        Ok(_) => {}
        Err(violation) => violations.push(violation),
    }
    Err(Failure::Invalid(violations))
}

/// Reads metadata, where null is `None`. Client: an empty text and an empty array are ignored, as if the name were not
/// there.
pub fn values(field: Option<&Value>) -> Result<BTreeMap<String, Option<MetadataValue>>, Problem> {
    let values = field.ok_or(Problem::Missing)?.as_object().ok_or(METADATA)?;
    let is_ignored = |value: &Value| value.as_str() == Some("") || value.as_array().is_some_and(Vec::is_empty);
    let counted = values.iter().filter(|(_, value)| !is_ignored(value));
    let read = counted.map(|(name, value)| match value {
        Value::Null => Ok((name.clone(), None)),
        value => match MetadataValue::try_from(value.clone()) {
            Ok(value) => Ok((name.clone(), Some(value))),
            Err(_) => Err(METADATA),
        },
    });
    read.collect()
}
