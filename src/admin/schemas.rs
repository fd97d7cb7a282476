//! The schemas of the OpenAPI document, in a form that client generators handle well.
//!
//! A field that is optional in a request is often always present in a response, so there is one schema generator for
//! requests and one for responses. If a type gets two different schemas, the name of the request's ends in `Input`.
//! Client generators treat a property with a default as always present, so defaults are in the description instead.
//! Words from the cards, such as the names of the providers, are enums.

use std::cell::RefCell;
use std::collections::BTreeSet;

use aide::openapi::{MediaType, Response, SchemaObject};
use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, SchemaGenerator};
use serde_json::{Value, json};

use super::known_words::{SCHEMAS, Schemas, joined_words, known_words, use_known_words};

/// The prefix of references to response schemas until both kinds are merged.
const ANSWERS: &str = "#/components/answers/";

thread_local! {
    /// The generator for responses. The one for requests is aide's, which is thread-local too.
    static ANSWER_GENERATOR: RefCell<SchemaGenerator> = RefCell::new(
        SchemaSettings::draft07().for_serialize().with(|settings| settings.definitions_path = ANSWERS.into()).into_generator(),
    );
}

/// The description of a response with a `T` in JSON.
pub fn answer<T: JsonSchema>() -> Response {
    let (json_schema, description) = ANSWER_GENERATOR.with_borrow_mut(|generator| {
        let reference = generator.subschema_for::<T>();
        let schema = generator.definitions().get(&*T::schema_name()).unwrap_or(reference.as_value());
        let description = schema["description"].as_str().unwrap_or("What was asked for.").to_owned();
        (reference, description)
    });
    let schema = Some(SchemaObject { json_schema, external_docs: None, example: None });
    let content = [("application/json".to_owned(), MediaType { schema, ..MediaType::default() })];
    Response { description, content: content.into_iter().collect(), ..Response::default() }
}

/// Merges the schemas of requests, which are in the document, with those of responses, and simplifies them.
pub fn complete(document: &mut Value) {
    let mut requests = document["components"]["schemas"].as_object().cloned().unwrap_or_default();
    let mut answers = ANSWER_GENERATOR.with_borrow_mut(|generator| generator.take_definitions(true));
    for (name, schema) in requests.iter_mut().chain(answers.iter_mut()) {
        // The title of the fixture schema is the name of the file format, which does not belong here.
        schema.as_object_mut().and_then(|schema| schema.remove("title"));
        each_schema(schema, &mut simplify);
        title_choices(name, schema);
    }
    each_parameter(document, &mut simplify_parameter);
    let renamed = differing_names(&requests, &answers);
    let mut merged: Schemas = known_words().into_iter().collect();
    merged.extend(answers);
    for (name, schema) in requests {
        let name = if renamed.contains(&name) { format!("{name}Input") } else { name };
        merged.insert(name, rename(schema, &renamed));
    }
    *document = rename(document.take(), &renamed);
    document["components"]["schemas"] = Value::Object(merged);
    *document = with_path(document.take(), ANSWERS, SCHEMAS);
    remove_unused(document);
}

/// Calls `change` with every schema within a schema, the outer ones first.
fn each_schema(schema: &mut Value, change: &mut impl FnMut(&mut Schemas)) {
    let Some(object) = schema.as_object_mut() else { return };
    change(object);
    for (keyword, value) in object {
        match (&**keyword, value) {
            ("properties", Value::Object(named)) => named.values_mut().for_each(|schema| each_schema(schema, change)),
            ("anyOf" | "oneOf" | "allOf", Value::Array(all)) => {
                all.iter_mut().for_each(|schema| each_schema(schema, change));
            }
            ("items" | "additionalProperties", schema) => each_schema(schema, change),
            _ => {}
        }
    }
}

fn each_parameter(document: &mut Value, change: &mut impl FnMut(&mut Schemas)) {
    let paths = document["paths"].as_object_mut().into_iter().flat_map(Schemas::values_mut);
    let operations = paths.filter_map(Value::as_object_mut).flat_map(Schemas::values_mut);
    for operation in operations {
        let parameters = operation.get_mut("parameters").and_then(Value::as_array_mut);
        parameters.into_iter().flatten().filter_map(Value::as_object_mut).for_each(&mut *change);
    }
}

fn each_reference(value: &mut Value, change: &mut impl FnMut(&mut String)) {
    match value {
        Value::Object(fields) => fields.iter_mut().for_each(|(name, value)| match value {
            Value::String(reference) if name == "$ref" => change(reference),
            value => each_reference(value, change),
        }),
        Value::Array(items) => items.iter_mut().for_each(|item| each_reference(item, change)),
        _ => {}
    }
}

fn simplify(schema: &mut Schemas) {
    say_default(schema);
    list_words(schema);
    if schema.get("maxItems") == Some(&json!(0)) {
        // A list needs items for most generators, even one that is always empty.
        schema.entry("items").or_insert_with(|| json!({}));
    }
    if let Some(properties) = schema.get_mut("properties").and_then(Value::as_object_mut) {
        properties.iter_mut().for_each(|(name, property)| use_known_words(name, property));
    }
}

fn simplify_parameter(parameter: &mut Schemas) {
    let name = parameter["name"].as_str().unwrap_or_default().to_owned();
    let Some(schema) = parameter.get_mut("schema") else { return };
    use_known_words(&name, schema);
    let Some(schema) = schema.as_object_mut() else { return };
    say_default(schema);
    if let Some(description) = schema.get("description").cloned() {
        parameter.insert("description".to_owned(), description);
    }
}

/// Moves a default to the description, except null and empty values.
fn say_default(schema: &mut Schemas) {
    let words = match schema.remove("default") {
        Some(Value::String(word)) => word,
        Some(value @ (Value::Number(_) | Value::Bool(_))) => value.to_string(),
        _ => return,
    };
    if let Some(Value::String(description)) = schema.get_mut("description") {
        description.push_str(&format!(" `{words}` if left out."));
    }
}

/// Merges the constants in a `oneOf` into one enum, with their meanings in its description. If there are only
/// constants, the enum replaces the `oneOf`.
fn list_words(schema: &mut Schemas) {
    let Some(Value::Array(choices)) = schema.get_mut("oneOf") else { return };
    let is_word = |choice: &Value| choice["const"].is_string();
    if !choices.iter().any(is_word) {
        return;
    }
    let (words, others): (Vec<_>, Vec<_>) = choices.drain(..).partition(is_word);
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let meanings = words.iter().map(|word| format!("- `{}`: {}", text(&word["const"]), text(&word["description"])));
    let meanings = meanings.collect::<Vec<_>>().join("\n");
    let words: Vec<_> = words.iter().map(|word| &word["const"]).collect();
    if others.is_empty() {
        let about = schema.get("description").map(text).unwrap_or_default();
        schema.remove("oneOf");
        schema.insert("type".to_owned(), json!("string"));
        schema.insert("enum".to_owned(), json!(words));
        schema.insert("description".to_owned(), json!(format!("{about}\n{meanings}")));
    } else {
        choices.push(json!({ "type": "string", "enum": words, "description": meanings }));
        choices.extend(others);
    }
}

/// Gives the alternatives of a schema titles, after which generators name their models: the schema's name and that of
/// the object's first property.
fn title_choices(name: &str, schema: &mut Value) {
    for keyword in ["anyOf", "oneOf"] {
        for choice in schema.get_mut(keyword).and_then(Value::as_array_mut).into_iter().flatten() {
            let first = choice["properties"].as_object().and_then(|properties| properties.keys().next());
            let word = choice.get("enum").map(|_| "Word".to_owned());
            if let Some(last) = first.map(|first| joined_words(first)).or(word) {
                choice["title"] = json!(format!("{name}{last}"));
            }
        }
    }
}

/// The names of types whose request schema differs from the response schema, or refers to such a type.
fn differing_names(requests: &Schemas, answers: &Schemas) -> BTreeSet<String> {
    // Each round adds the types that refer to those found before, until there are no more.
    let mut different = BTreeSet::new();
    loop {
        let is_new = |name: &str, schema: &Value| {
            !different.contains(name)
                && answers.get(name).is_some_and(|answer| {
                    rename(schema.clone(), &different) != with_path(answer.clone(), ANSWERS, SCHEMAS)
                })
        };
        let more: Vec<_> =
            requests.iter().filter(|(name, schema)| is_new(name, schema)).map(|(name, _)| name).collect();
        if more.is_empty() {
            return different;
        }
        different.extend(more.into_iter().cloned());
    }
}

fn with_path(mut schema: Value, from: &str, to: &str) -> Value {
    each_reference(&mut schema, &mut |reference| *reference = reference.replace(from, to));
    schema
}

/// Appends `Input` to references to these names.
fn rename(mut value: Value, renamed: &BTreeSet<String>) -> Value {
    each_reference(&mut value, &mut |reference| {
        if reference.strip_prefix(SCHEMAS).is_some_and(|name| renamed.contains(name)) {
            reference.push_str("Input");
        }
    });
    value
}

/// Removes unused schemas, such as those of the structs for path parameters.
fn remove_unused(document: &mut Value) {
    let schemas = document["components"]["schemas"].as_object().cloned().unwrap_or_default();
    let mut used = BTreeSet::new();
    let mut waiting = vec![document["paths"].clone()];
    while let Some(mut value) = waiting.pop() {
        each_reference(&mut value, &mut |reference| {
            let name = reference.strip_prefix(SCHEMAS).unwrap_or_default();
            if used.insert(name.to_owned()) {
                waiting.extend(schemas.get(name).cloned());
            }
        });
    }
    document["components"]["schemas"] = schemas.into_iter().filter(|(name, _)| used.contains(name)).collect();
}
