//! Patches (JSON merge patch on the top level): null removes a field, and other fields keep their exact JSON.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::marker::PhantomData;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::value::RawValue;
use serde_json::{Value, json};

use super::answer::{Refusal, misread};

/// The changed fields of a `T`.
pub struct Patch<T> {
    fields: BTreeMap<String, Box<RawValue>>,
    of: PhantomData<fn() -> T>,
}

impl<T> Patch<T> {
    /// Whether it changes this field.
    pub fn names(&self, field: &str) -> bool {
        self.fields.contains_key(field)
    }

    /// Fails if it changes one of these fields.
    pub fn refuse(&self, fixed: &[&str]) -> Result<(), Refusal> {
        match fixed.iter().find(|field| self.fields.contains_key(**field)) {
            Some(field) => Err(Refusal::invalid(*field, format!("`{field}` cannot be changed; make a new one"))),
            None => Ok(()),
        }
    }
}

impl<'de, T> Deserialize<'de> for Patch<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Patch<T>, D::Error> {
        Ok(Patch { fields: BTreeMap::deserialize(deserializer)?, of: PhantomData })
    }
}

/// The schema of a `T` without required fields. Fields that are optional in a `T` can be null.
impl<T: JsonSchema> JsonSchema for Patch<T> {
    fn schema_name() -> Cow<'static, str> {
        let name = T::schema_name();
        format!("{}Patch", name.strip_prefix("Fixture").unwrap_or(&name)).into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let mut schema = T::json_schema(generator);
        let required = schema.remove("required").unwrap_or_default();
        let is_required = |name: &String| required.as_array().is_some_and(|names| names.iter().any(|it| it == name));
        for (name, property) in schema.get_mut("properties").and_then(Value::as_object_mut).into_iter().flatten() {
            if !is_required(name) {
                *property = nullable(property.take());
            }
        }
        schema
    }
}

/// The schema that also allows null.
fn nullable(mut schema: Value) -> Value {
    let takes_null =
        |one: &Value| one["type"] == "null" || one["type"].as_array().is_some_and(|all| all.contains(&json!("null")));
    if takes_null(&schema) || schema["anyOf"].as_array().is_some_and(|all| all.iter().any(takes_null)) {
        return schema;
    }
    let description = schema.as_object_mut().and_then(|schema| schema.remove("description")).unwrap_or_default();
    json!({ "description": description, "anyOf": [schema, { "type": "null" }] })
}

/// `thing` with a patch applied. Fails if the result is not a valid `T`.
pub fn merged<T: Serialize + DeserializeOwned>(thing: &T, patch: &Patch<T>) -> Result<T, Refusal> {
    let text = serde_json::to_string(thing).expect("what came from JSON goes back to it");
    let mut fields: BTreeMap<String, Box<RawValue>> = serde_json::from_str(&text).expect("a thing is an object");
    for (name, value) in &patch.fields {
        if value.get() == "null" {
            fields.remove(name);
        } else {
            fields.insert(name.clone(), value.clone());
        }
    }
    read(&fields)
}

/// Deserializes a `T` from its fields.
pub fn read<T: DeserializeOwned>(fields: &BTreeMap<String, Box<RawValue>>) -> Result<T, Refusal> {
    let text = serde_json::to_string(fields).expect("fields of JSON are JSON");
    let mut reader = serde_json::Deserializer::from_str(&text);
    serde_path_to_error::deserialize(&mut reader).map_err(misread)
}
