//! Deserializes structs from JSON objects only. Serde also accepts an array of the fields in order. Here that is an
//! error, since a client that sends one has made a mistake.

use std::fmt;
use std::marker::PhantomData;

use serde::de::value::MapAccessDeserializer;
use serde::de::{Error, IntoDeserializer, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};

/// Reads a struct from an object; an array is an error. For `#[serde(deserialize_with)]`.
pub fn read<'de, D: Deserializer<'de>, T: Deserialize<'de>>(json: D) -> Result<T, D::Error> {
    json.deserialize_map(Object(PhantomData))
}

/// Like [`read`], and null is `None`.
pub fn read_some<'de, D: Deserializer<'de>, T: Deserialize<'de>>(json: D) -> Result<Option<T>, D::Error> {
    Ok(Option::<Only<T>>::deserialize(json)?.map(|Only(value)| value))
}

struct Only<T>(T);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Only<T> {
    fn deserialize<D: Deserializer<'de>>(json: D) -> Result<Only<T>, D::Error> {
        read(json).map(Only)
    }
}

struct Object<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for Object<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, fields: A) -> Result<T, A::Error> {
        T::deserialize(MapAccessDeserializer::new(fields))
    }
}

/// Reads an enum from a word or from an object with one field. Errors name `forms` as what is accepted.
pub fn read_choice<'de, D: Deserializer<'de>, T: Deserialize<'de>>(json: D, forms: &str) -> Result<T, D::Error> {
    read_choice_or(json, forms, |_| None)
}

/// The same, with what is wrong with a word that cannot be read, if more is known than which there are.
pub fn read_choice_or<'de, D: Deserializer<'de>, T: Deserialize<'de>>(
    json: D,
    forms: &str,
    problem: impl Fn(&str) -> Option<String>,
) -> Result<T, D::Error> {
    json.deserialize_any(Choice { forms, problem, of: PhantomData })
}

/// Reads a string. Errors name `form` as what is accepted.
pub fn read_text<'de, D: Deserializer<'de>>(json: D, form: &str) -> Result<String, D::Error> {
    json.deserialize_str(Text { form })
}

struct Text<'f> {
    form: &'f str,
}

impl Visitor<'_> for Text<'_> {
    type Value = String;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.form)
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<String, E> {
        Ok(text.to_owned())
    }
}

struct Choice<'f, P, T> {
    forms: &'f str,
    problem: P,
    of: PhantomData<T>,
}

impl<'de, P: Fn(&str) -> Option<String>, T: Deserialize<'de>> Visitor<'de> for Choice<'_, P, T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.forms)
    }

    fn visit_str<E: Error>(self, word: &str) -> Result<T, E> {
        match (self.problem)(word) {
            Some(problem) => Err(E::custom(problem)),
            None => T::deserialize(word.into_deserializer()),
        }
    }

    fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<T, A::Error> {
        let value = T::deserialize(MapAccessDeserializer::new(&mut fields))?;
        match fields.next_key::<String>()? {
            Some(name) => Err(Error::custom(format!("`{name}` cannot stand here; send {}", self.forms))),
            None => Ok(value),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, PartialEq, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Pair {
        a: u8,
        #[serde(default)]
        b: u8,
    }

    #[derive(Debug, PartialEq, Deserialize)]
    struct Outer {
        #[serde(deserialize_with = "read")]
        one: Pair,
        #[serde(default, deserialize_with = "read_some")]
        other: Option<Pair>,
    }

    fn outer(json: &str) -> Result<Outer, String> {
        serde_json::from_str(json).map_err(|error| error.to_string())
    }

    #[test]
    fn an_object_is_read_and_a_list_of_its_fields_is_not() {
        let (one, other) = (Pair { a: 1, b: 2 }, Some(Pair { a: 3, b: 0 }));
        assert_eq!(outer(r#"{"one":{"a":1,"b":2},"other":{"a":3}}"#), Ok(Outer { one, other }));
        assert_eq!(outer(r#"{"one":{"a":1},"other":null}"#), Ok(Outer { one: Pair { a: 1, b: 0 }, other: None }));
        for json in [r#"{"one":[1,2]}"#, r#"{"one":{"a":1},"other":[3,4]}"#] {
            assert!(outer(json).unwrap_err().starts_with("invalid type: sequence, expected an object"), "{json}");
        }
        assert!(outer(r#"{"one":{"a":1,"c":2}}"#).unwrap_err().starts_with("unknown field `c`"));
    }
}
