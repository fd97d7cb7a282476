//! Schemas of the OpenAPI document with words from the providers' cards, such as the names of the providers: an enum
//! for each set of words, and objects for the variants. Properties with such values refer to them.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

use crate::contract::choices::full_name;
use crate::emulator::faults;
use crate::library::fixture::KINDS;
use crate::providers;

/// Schemas by name, or the keywords of one.
pub type Schemas = Map<String, Value>;

/// The prefix of references to schemas.
pub const SCHEMAS: &str = "#/components/schemas/";

/// The schemas of words from the cards, by name.
pub fn known_words() -> BTreeMap<String, Value> {
    let cards = providers::cards();
    let failures: BTreeSet<_> = cards.iter().flat_map(|card| faults::names(card)).collect();
    let word = |about: &str, words: Value| json!({ "type": "string", "description": about, "enum": words });
    let mut schemas = BTreeMap::from(
        [
            ("ProviderName", word("The name of a provider.", json!(providers::names()))),
            ("FailureName", word("A failure of a provider; each has some of these.", json!(failures))),
            (
                "FaultName",
                word("What a fault that struck goes by: its name, or its kind.", json!(faults::all_names(&cards))),
            ),
            ("AssetKind", word("What an asset is.", json!(KINDS))),
        ]
        .map(|(name, schema)| (name.to_owned(), schema)),
    );
    let (mut chosen, mut changed) = (Schemas::new(), Schemas::new());
    for (card, variant) in cards.iter().flat_map(|card| card.variants.iter().map(move |variant| (card, variant))) {
        let name = full_name(card, variant);
        let schema = joined_words(&name);
        let option = json!({ "$ref": format!("{SCHEMAS}{schema}") });
        chosen.insert(name.clone(), option.clone());
        changed.insert(name.clone(), json!({ "anyOf": [option, { "type": "null" }] }));
        let options: Vec<_> = variant.options.iter().map(|option| option.name).collect();
        schemas.insert(schema, word(&format!("An option of the variant `{name}`."), json!(options)));
    }
    let by_name = |about: &str, properties: Schemas| json!({ "type": "object", "description": about, "properties": properties, "additionalProperties": false });
    schemas.insert("Variants".to_owned(), by_name("Options by the name of the variant.", chosen));
    let about = "Options by the name of the variant; null makes one as the server was told again.";
    schemas.insert("VariantChanges".to_owned(), by_name(about, changed));
    schemas
}

/// `FloraContentType` for `flora.content_type`.
pub fn joined_words(name: &str) -> String {
    let words = name.split(['.', '_']);
    words.map(|word| word[..1].to_ascii_uppercase() + &word[1..]).collect()
}

/// Makes a property refer to one of these schemas, if it has such values according to its name.
pub fn use_known_words(property: &str, schema: &mut Value) {
    let name = match property {
        "provider" | "listed_by" => "ProviderName",
        "failure" => "FailureName",
        // In a path, `fault` is the id of a rule.
        "fault" if schema["type"] != "integer" => "FaultName",
        "kinds" => return refer(&mut schema["items"], "AssetKind"),
        "variants" if schema["additionalProperties"]["type"] == "string" => "Variants",
        "variants" => "VariantChanges",
        _ => return,
    };
    refer(schema, name);
}

/// Replaces an inline schema by a reference, and keeps whether null is allowed.
fn refer(schema: &mut Value, name: &str) {
    let Some(schema) = schema.as_object_mut() else { return };
    let Some(kind) = schema.remove("type") else { return };
    schema.remove("additionalProperties");
    let reference = json!({ "$ref": format!("{SCHEMAS}{name}") });
    match kind {
        Value::Array(_) => schema.insert("anyOf".to_owned(), json!([reference, { "type": "null" }])),
        _ => schema.insert("allOf".to_owned(), json!([reference])),
    };
}
