//! What users note about an asset: names with values.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Number, Value};

/// Values by their names, in alphabetical order.
pub type Metadata = BTreeMap<String, MetadataValue>;

/// A value that a user noted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(untagged)]
pub enum MetadataValue {
    /// A text.
    Text(String),
    /// A number, whole or not.
    Number(Number),
    /// True or false.
    Flag(bool),
    /// Several texts.
    Texts(Vec<String>),
}

/// What a value can be, for error messages.
const VALUES: &str = "a value is a string, a number, a boolean or an array of strings";

impl TryFrom<Value> for MetadataValue {
    type Error = &'static str;

    fn try_from(json: Value) -> Result<MetadataValue, &'static str> {
        match json {
            Value::String(text) => Ok(MetadataValue::Text(text)),
            Value::Number(number) => Ok(MetadataValue::Number(number)),
            Value::Bool(flag) => Ok(MetadataValue::Flag(flag)),
            Value::Array(items) => {
                let texts = items.into_iter().map(|item| match item {
                    Value::String(text) => Ok(text),
                    _ => Err(VALUES),
                });
                texts.collect::<Result<_, _>>().map(MetadataValue::Texts)
            }
            Value::Null | Value::Object(_) => Err(VALUES),
        }
    }
}

// By hand, because serde's own message for an untagged enum does not say what is accepted.
impl<'de> Deserialize<'de> for MetadataValue {
    fn deserialize<D: Deserializer<'de>>(json: D) -> Result<MetadataValue, D::Error> {
        MetadataValue::try_from(Value::deserialize(json)?).map_err(D::Error::custom)
    }
}

/// A change of metadata.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MetadataChange {
    /// Sets the names with a value, removes those without one, and leaves all others.
    Merge(BTreeMap<String, Option<MetadataValue>>),
    /// Puts these in place of all.
    Replace(Metadata),
}

impl MetadataChange {
    /// The metadata after the change.
    pub fn apply(self, mut before: Metadata) -> Metadata {
        match self {
            MetadataChange::Replace(metadata) => metadata,
            MetadataChange::Merge(changes) => {
                for (name, value) in changes {
                    match value {
                        Some(value) => before.insert(name, value),
                        None => before.remove(&name),
                    };
                }
                before
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_of_value_is_written_as_it_was_read() {
        let text = r#"{"batch":5,"category":"","flag":true,"rating":9.3,"tags":["summer",""]}"#;
        let metadata: Metadata = serde_json::from_str(text).unwrap();
        assert_eq!(serde_json::to_string(&metadata).unwrap(), text);
    }

    #[test]
    fn a_value_of_another_kind_is_refused_with_those_that_are_accepted() {
        for value in ["null", "{}", r#"["a",1]"#, "[[]]"] {
            let error = serde_json::from_str::<Metadata>(&format!(r#"{{"a":{value}}}"#)).unwrap_err().to_string();
            assert!(error.starts_with(VALUES), "{value}: {error}");
        }
    }
}
