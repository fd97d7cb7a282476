//! Error messages for JSON that serde refuses. Serde's own messages name Rust types, which users do not know.

use serde_json::error::Category;

use super::meant::meant;

/// Says what is wrong and what is accepted, without line and column.
pub fn describe(error: &serde_json::Error) -> String {
    let text = error.to_string();
    let text = without_place(&text);
    match error.classify() {
        Category::Syntax | Category::Eof => syntax(text),
        Category::Data | Category::Io => of_data(text),
    }
}

/// Like [`describe`]. For a text that is not JSON at all it adds line and column, which say more than the name of a
/// field.
pub fn describe_with_place(error: &serde_json::Error) -> String {
    let said = describe(error);
    match error.classify() {
        Category::Syntax | Category::Eof => format!("{said} (line {}, column {})", error.line(), error.column()),
        Category::Data | Category::Io => said,
    }
}

/// Cuts off the line and column that serde_json puts at the end of its message. Callers show them elsewhere.
pub(super) fn without_place(message: &str) -> &str {
    message.rfind(" at line ").map_or(message, |end| &message[..end])
}

fn syntax(text: &str) -> String {
    match text {
        text if text.starts_with("EOF") => "the JSON ends too early".to_owned(),
        "trailing characters" => "there is text after the end of the JSON".to_owned(),
        "recursion limit exceeded" => "the JSON is nested too deeply".to_owned(),
        text => format!("this is not JSON: {}", text.replace("expected ident", "an unknown word")),
    }
}

/// The message for JSON with a wrong type, value or field, made from the message of serde's `de::Error`.
pub fn of_data(text: &str) -> String {
    let wrong = text.strip_prefix("invalid type: ").or_else(|| text.strip_prefix("invalid value: "));
    match wrong.and_then(|wrong| wrong.rsplit_once(", expected ")) {
        Some(("unit variant", _)) => return "this word needs a value: send an object with it as the field".to_owned(),
        Some((_, "unit")) => return "this word takes no value; send it as a text".to_owned(),
        Some((given, expected)) => return format!("this is {}; send {}", value(given), accepted(expected)),
        None => {}
    }
    if let Some((length, expected)) = text.strip_prefix("invalid length ").and_then(|it| it.split_once(", expected ")) {
        return format!("this has {length} items; send {}", accepted(expected));
    }
    if let Some((given, known)) = text.strip_prefix("unknown variant ").and_then(|it| it.split_once(", expected ")) {
        return format!("{given} is not known here; send {known}");
    }
    if let Some((given, known)) = text.strip_prefix("unknown field `").and_then(|it| it.split_once("`, expected ")) {
        let near = meant(given, known.split('`').skip(1).step_by(2));
        let near = near.map_or_else(|| ", expected".to_owned(), |near| format!("; did you mean `{near}`? Expected"));
        return format!("unknown field `{given}`{near} {known}");
    }
    match text.split_once(" field ") {
        Some(("missing", name)) => format!("the field {name} is missing"),
        Some(("duplicate", name)) => format!("the field {name} is there twice"),
        _ => text.to_owned(),
    }
}

fn value(given: &str) -> String {
    match given.split_once(' ') {
        Some(("integer" | "floating", rest)) => {
            format!("the number {}", rest.trim_start_matches("point ").trim_matches('`'))
        }
        Some(("string", text)) => format!("the text {text}"),
        Some(("boolean", word)) => word.to_owned(),
        _ => match given {
            "sequence" => "a list".to_owned(),
            "map" => "an object".to_owned(),
            other => other.to_owned(),
        },
    }
}

fn accepted(expected: &str) -> String {
    let bounds = match expected {
        "u8" => Some((0, u64::from(u8::MAX))),
        "u16" => Some((0, u64::from(u16::MAX))),
        "u32" => Some((0, u64::from(u32::MAX))),
        "u64" | "usize" => Some((0, u64::MAX)),
        "i64" => Some((i64::MIN, i64::MAX as u64)),
        _ => None,
    };
    if let Some((least, most)) = bounds {
        return format!("a whole number from {least} to {most}");
    }
    match expected {
        "a string" | "a borrowed string" => "a text".to_owned(),
        "a boolean" => "`true` or `false`".to_owned(),
        "f64" => "a number".to_owned(),
        "a sequence" => "a list".to_owned(),
        "a map" => "an object".to_owned(),
        expected if expected.starts_with("struct ") => "an object".to_owned(),
        expected => expected.replace("an array of length", "a list of length"),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde::Deserialize;
    use serde::de::DeserializeOwned;

    use super::*;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields, rename_all = "snake_case")]
    #[expect(dead_code, reason = "it is only read")]
    struct Pair {
        a: u32,
        b: Option<[i64; 2]>,
    }

    #[derive(Debug, Deserialize)]
    #[serde(rename_all = "snake_case")]
    #[expect(dead_code, reason = "it is only read")]
    enum Word {
        Plain,
        With(u8),
    }

    fn said<T: DeserializeOwned + std::fmt::Debug>(json: &str) -> String {
        describe(&serde_json::from_str::<T>(json).unwrap_err())
    }

    #[test]
    fn what_is_wrong_is_said_without_the_types_of_rust() {
        for (said, expected) in [
            (said::<Pair>("5"), "this is the number 5; send an object"),
            (said::<Pair>("[]"), "this has 0 items; send an object"),
            (said::<Pair>(r#"{"a":-1}"#), "this is the number -1; send a whole number from 0 to 4294967295"),
            (said::<Pair>(r#"{"a":1.5}"#), "this is the number 1.5; send a whole number from 0 to 4294967295"),
            (
                said::<Pair>(r#"{"a":"x, expected y"}"#),
                r#"this is the text "x, expected y"; send a whole number from 0 to 4294967295"#,
            ),
            (said::<Pair>(r#"{"a":1,"b":[1]}"#), "this has 1 items; send a list of length 2"),
            (said::<Pair>("{}"), "the field `a` is missing"),
            (said::<Pair>(r#"{"a":1,"a":1}"#), "the field `a` is there twice"),
            (said::<Pair>(r#"{"c":1}"#), "unknown field `c`, expected `a` or `b`"),
            (said::<Word>(r#""other""#), "`other` is not known here; send `plain` or `with`"),
            (said::<Word>(r#""with""#), "this word needs a value: send an object with it as the field"),
            (said::<Word>(r#"{"plain":1}"#), "this word takes no value; send it as a text"),
            (said::<bool>("null"), "this is null; send `true` or `false`"),
            (said::<String>("{}"), "this is an object; send a text"),
            (said::<Vec<f64>>("true"), "this is `true`; send a list"),
            (said::<BTreeMap<String, f64>>(r#"{"x":[]}"#), "this is a list; send a number"),
            (said::<bool>("truth"), "this is not JSON: an unknown word"),
            (said::<bool>(""), "the JSON ends too early"),
            (said::<bool>("true x"), "there is text after the end of the JSON"),
        ] {
            assert_eq!(said, expected);
        }
        let error = serde_json::from_str::<bool>("\n x").unwrap_err();
        assert_eq!(describe_with_place(&error), "this is not JSON: expected value (line 2, column 2)");
    }
}
