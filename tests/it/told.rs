//! Random objects as the vendors tell them, written as text: the same number in different ways, escapes, unknown
//! fields, fields in any order, white space between tokens.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

/// A field of an object: its name, and its value as JSON.
type Field = (String, String);

/// The objects of a list response, newest first and many of one time, without white space.
pub fn objects(provider: &'static str) -> impl Strategy<Value = Vec<String>> {
    let object = (fields(provider), extras()).prop_map(|(told, extras)| [told, extras].concat()).prop_shuffle();
    let rows = vec((object, any::<u8>(), prop_oneof![3 => Just(0), 1 => 1..4_i64]), 0..40);
    (rows, 0..NUMBERS).prop_map(move |(rows, salt)| {
        let mut tick = 1_774_050_000; // far from the ends of what the times below are cut to
        let mut number = salt;
        let placed = rows.into_iter().map(|(mut fields, style, step)| {
            tick -= step;
            number = (number + 7919) % NUMBERS;
            fields.insert(usize::from(style) % (fields.len() + 1), time(provider, tick, style));
            fields.insert(usize::from(style / 3) % (fields.len() + 1), id(provider, number, style));
            written(&fields)
        });
        placed.collect()
    })
}

/// A prime: multiples of another number repeat only after so many, and in no order.
const NUMBERS: u32 = 99_991;

/// The list response of these objects, with what else is in one, and white space between tokens.
pub fn response(rows: &str, objects: &[String], spaces: &[u8]) -> String {
    let dense = format!(r#"{{"x":["]"],"{rows}":[{}],"has_more":null}}"#, objects.join(","));
    spaced(&dense, spaces)
}

fn spaced(dense: &str, spaces: &[u8]) -> String {
    const SPACES: [&str; 6] = ["", "", " ", "\n", "\t\r\n", "    "];
    let mut next = spaces.iter().cycle().map(|space| SPACES[usize::from(*space) % SPACES.len()]);
    let (mut text, mut quoted, mut escaped) = (String::new(), false, false);
    for letter in dense.chars() {
        let between = !quoted && "{}[]:,".contains(letter);
        let around = if between { [next.next(), next.next()].map(Option::unwrap_or_default) } else { ["", ""] };
        text.extend([around[0], letter.encode_utf8(&mut [0; 4]), around[1]]);
        quoted ^= letter == '"' && !escaped;
        escaped = quoted && letter == '\\' && !escaped;
    }
    text
}

fn written(fields: &[Field]) -> String {
    let fields: Vec<_> = fields.iter().map(|(name, value)| format!("{name}:{value}")).collect();
    format!("{{{}}}", fields.join(","))
}

fn named(name: &str, value: impl Into<String>) -> Field {
    (format!("\"{name}\""), value.into())
}

fn id(provider: &str, number: u32, style: u8) -> Field {
    let name = match provider {
        "flora" => "asset_id",
        "twelvelabs" => "_id",
        _ if style.is_multiple_of(5) => r"\u0069d",
        _ => "id",
    };
    named(name, if style.is_multiple_of(7) { format!("\"{number}\\/\\u00e9\"") } else { format!("\"{number}\"") })
}

/// One instant in one of the vendor's ways; greater ticks are later.
fn time(provider: &str, tick: i64, style: u8) -> Field {
    let number = match style % 3 {
        0 => format!("{tick}.0"),
        1 => format!("{tick}e0"),
        _ => tick.to_string(),
    };
    let rest = tick % 60;
    match provider {
        "konpro" => named("created_ts", number),
        "flora" => named("created_at", number),
        "piktid" if style.is_multiple_of(2) => {
            named("created_at", format!("\"2026-03-21T12:00:00.{:06}\"", tick % 1_000_000))
        }
        "piktid" => named("created_at", format!("\"2026-03-21T12:00:00.{:06}+00:00\"", tick % 1_000_000)),
        _ if style.is_multiple_of(2) => {
            named("created_at", format!("\"2026-03-21T{:02}:00:{rest:02}Z\"", tick / 60 % 24))
        }
        _ => named("created_at", format!("\"2026-03-21T{:02}:30:{rest:02}.000+00:30\"", tick / 60 % 24)),
    }
}

/// The fields that the vendor's objects have, but for id and time; each can be null, and each can be missing.
fn fields(provider: &str) -> BoxedStrategy<Vec<Field>> {
    let told = match provider {
        "xqr" => vec![
            one("filename", text()),
            one("mime_type", text()),
            one("file_size", number()),
            one("status", words(&[r#""pending""#, r#""confirmed""#, r#""archived""#])),
            one("is_public", words(&["true", "false"])),
            one("public_url", text()),
            one("tags", list(text())),
            one("updated_at", words(&[r#""2026-03-21T12:00:00Z""#, r#""2027-01-01T00:00:00.25+01:00""#])),
        ],
        "flora" => vec![
            one("content_type", prop_oneof![words(&[r#""image""#, r#""application\/zip""#, r#""other""#]), text()]),
            one("description", text()),
            one("height", number()),
            one("name", text()),
            one("size_bytes", number()),
            one("status", words(&[r#""pending_upload""#, r#""ready""#, r#""failed""#, r#""new""#])),
            one("upload_content_type", text()),
            one("uploaded_via", text()),
            one("url", text()),
            one("width", number()),
            one("workspace_id", text()),
            one("node_id", text()),
            one("project_id", text()),
        ],
        "twelvelabs" => vec![
            one("method", words(&[r#""direct""#, r#""url""#, r#""multipart""#])),
            one("status", words(&[r#""processing""#, r#""ready""#, r#""failed""#])),
            one("filename", text()),
            one("file_type", prop_oneof![words(&[r#""image\/png""#, r#""video/mp4""#, r#""audio/mpeg""#]), text()]),
        ],
        "piktid" => vec![
            one("filename", text()),
            one("url", text()),
            owned(),
            one("tags", list(words(&[r#""model""#, r#""oth\u0065r""#, r#""x""#]))),
            one("thumbnail_big", text()),
            one("thumbnail_small", text()),
            one("styling_note", text()),
            one("detected", anything()),
            one("dimensions", (number(), number()).prop_map(|(width, height)| format!("[{width},{height}]"))),
        ],
        "konpro" => vec![
            one("name", text()),
            one("file_type", prop_oneof![words(&[r#""image""#, r#""video""#, r#""gif""#]), text()]),
            one("folder_id", text()),
            one("url", text()),
        ],
        other => panic!("write objects of {other}"),
    };
    told.prop_map(|parts| parts.into_iter().flatten().collect()).boxed()
}

/// Whose it is and who sees it: of one response, the private ones are all of one user.
fn owned() -> BoxedStrategy<Vec<Field>> {
    let pairs = [
        (r#""private""#, r#""ad\u0061""#),
        (r#""shared""#, r#""ada""#),
        (r#""shared""#, r#""grace""#),
        ("null", "null"),
    ];
    select(pairs.to_vec()).prop_map(|(who, by)| vec![named("visibility", who), named("created_by", by)]).boxed()
}

fn one(name: &'static str, value: impl Strategy<Value = String> + 'static) -> BoxedStrategy<Vec<Field>> {
    let given = prop_oneof![6 => value, 1 => Just("null".to_owned())];
    proptest::option::weighted(0.9, given)
        .prop_map(move |value| value.map(|value| named(name, value)).into_iter().collect())
        .boxed()
}

/// Fields that no document names, some of them twice.
fn extras() -> impl Strategy<Value = Vec<Field>> {
    let name = select(&["x", "X-y ", "\\u00e9", ""][..]);
    vec((name, anything()).prop_map(|(name, value)| named(name, value)), 0..4)
}

fn words(words: &'static [&'static str]) -> BoxedStrategy<String> {
    select(words).prop_map(str::to_owned).boxed()
}

fn text() -> BoxedStrategy<String> {
    let parts = [
        "a",
        "É",
        "東",
        "🎧",
        "\\u00e9",
        "\\ud83c\\udfa7",
        "\\/",
        "/",
        "\\\"",
        "\\\\",
        "\\n",
        "\\u0000",
        " ",
        "  ",
        "%",
        "{",
        "]",
        ":",
        ",",
    ];
    vec(select(parts.to_vec()), 0..6).prop_map(|parts| format!("\"{}\"", parts.concat())).boxed()
}

fn number() -> BoxedStrategy<String> {
    words(&[
        "0",
        "1",
        "48210",
        "1e3",
        "1E+3",
        "1.0",
        "1.50",
        "-1",
        "-0",
        "18446744073709551615",
        "12345678901234567890123",
        "1e-7",
    ])
}

fn list(item: BoxedStrategy<String>) -> BoxedStrategy<String> {
    vec(item, 0..4).prop_map(|items| format!("[{}]", items.join(","))).boxed()
}

fn anything() -> BoxedStrategy<String> {
    let nested = words(&[r#"{"b":[1.0,null,{"a":" \/ "}],"a":{},"b":[]}"#, "[[],[ 1 ]]", "true", "null"]);
    prop_oneof![text(), number(), nested.prop_map(|json| json.replace("[ 1 ]", "[1]"))].boxed()
}
