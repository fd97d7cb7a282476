//! Orders, other providers, and what is refused with its place.

use super::*;

/// The least that can be placed.
fn least(name: &str, id: &str, time: &str) -> String {
    let field = if name == "konpro" { "created_ts" } else { "created_at" };
    format!(r#"{{"{}":"{id}","{field}":{time}}}"#, dialects::of(name).id)
}

fn noon(name: &str) -> &'static str {
    match name {
        "konpro" => "1774094400",
        "flora" => "1774094400000",
        _ => "\"2026-03-21T12:00:00Z\"",
    }
}

#[test]
fn the_order_of_many_pages_of_one_time_survives() {
    for (_, dialect) in pairs() {
        let ids = (0..2 * largest_page(dialect) + 7).map(|place| (place * 7919 % 99_991).to_string());
        let objects: Vec<_> = ids.map(|id| least(dialect.name, &id, noon(dialect.name))).collect();
        assert_eq!(given_back(dialect.name, &response(dialect.name, &objects), ""), objects);
    }
}

#[test]
fn a_response_in_another_order_is_given_back_in_that_order() {
    let object = |id: &str, name: &str, second: u8| {
        format!(
            r#"{{"id":"{id}","filename":"{name}","created_at":"2026-03-21T12:00:0{second}","visibility":"shared"}}"#
        )
    };
    let oldest_first = [object("c", "x", 1), object("a", "z", 2), object("b", "y", 3)];
    let body = response("piktid", &oldest_first);
    assert_eq!(given_back("piktid", &body, "order=asc"), oldest_first);
    let by_name = [object("b", "x", 2), object("c", "y", 1), object("a", "z", 3)];
    let body = response("piktid", &by_name);
    assert_eq!(given_back("piktid", &body, "sort_by=filename&order=asc"), by_name);
}

#[test]
fn what_the_platform_provides_is_given_back_to_who_asks_for_it() {
    let object = r#"{"id":"a","created_at":"2026-03-21T12:00:00","visibility":"default"}"#.to_owned();
    let body = response("piktid", std::slice::from_ref(&object));
    assert_eq!(given_back("piktid", &body, "ownership=default"), [object]);
}

/// Words are one provider's: the others say the same asset in theirs.
#[test]
fn an_imported_asset_is_seen_through_the_other_providers() {
    let body = r#"{"assets":[{"id":"asset_1","name":"a.png","file_type":"image","created_ts":1774094400,"new":1}]}"#;
    let app = start(&world(import("konpro", body)));
    for (_, dialect) in pairs() {
        let answer = get(&app, dialect, "");
        let names: Vec<_> = dialect.rows(&answer).iter().map(|row| row.to_string().contains("\"a.png\"")).collect();
        assert_eq!(names, [true], "{}", answer.text());
        assert!(dialect.is_page(answer.text()), "{}", answer.text());
        assert_eq!(answer.text().contains("\"new\":1"), dialect.name == "konpro", "{}", answer.text());
    }
}

#[test]
fn what_cannot_be_placed_is_refused_with_its_place() {
    for (_, dialect) in pairs() {
        let (name, rows, id) = (dialect.name, rows(dialect.name), dialect.id);
        let time = if name == "konpro" { "created_ts" } else { "created_at" };
        let said = |objects: &[String]| refusal(name, &response(name, objects));
        let begins = |said: String, with: String| assert!(said.starts_with(&with), "{name}: {said}");
        let whole = format!("send the whole answer of the list route, such as `{{\"{rows}\":[…]}}`");
        let good = least(name, "a", noon(name));
        begins(refusal(name, "{"), "the JSON ends too early (line 1, column 1)".to_owned());
        begins(refusal(name, &format!("[{good}]")), "this is no JSON object; send the whole".to_owned());
        assert_eq!(refusal(name, "{}"), format!("{rows}: it is missing; {whole}"));
        assert_eq!(
            refusal(name, &format!("{{\"{rows}\":{good}}}")),
            format!("{rows}: this is an object; send a list; {whole}")
        );
        begins(said(&[good.clone(), "[]".to_owned()]), format!("{rows}[1]: an asset is a JSON object"));
        for bad in ["null", "7", "\"\""] {
            let object = format!(r#"{{"{id}":{bad},"{time}":{}}}"#, noon(name));
            begins(said(&[good.clone(), object]), format!("{rows}[1].{id}: the asset's id must be here"));
        }
        begins(said(&[least(name, "a", "null")]), format!("{rows}[0].{time}: a time must be here, such as `"));
        begins(said(&[format!(r#"{{"{id}":"a"}}"#)]), format!("{rows}[0].{time}: a time must be here, such as `"));
        begins(said(&[least(name, "a", "[]")]), format!("{rows}[0].{time}: this is a list; send a "));
        let nonsense = if noon(name).starts_with('"') { "\"noon\"" } else { "9e99" };
        let shown = nonsense.trim_matches('"');
        begins(said(&[least(name, "a", nonsense)]), format!("{rows}[0].{time}: `{shown}` is not a time such as `"));
        let twice = [good.clone(), least(name, "b", noon(name)), good];
        assert_eq!(said(&twice), format!("{rows}[2].{id}: `a` is there twice; send each asset once"));
    }
}

/// KonPro tells no MIME type; TwelveLabs shows the one that the name tells.
#[test]
fn an_image_from_konpro_is_an_image_at_twelvelabs() {
    let object = r#"{"id":"asset_1","name":"profile_image.jpg","file_type":"image","created_ts":1640995200}"#;
    let app = start(&world(import("konpro", &response("konpro", &[object.to_owned()]))));
    let shown = listed(&app, "twelvelabs", "");
    assert!(shown[0].contains(r#""filename":"profile_image.jpg","file_type":"image/jpeg""#), "{shown:?}");
}

/// A field that means something here must have the type that the vendor's documents give it.
#[test]
fn a_value_of_another_type_is_refused_with_its_place() {
    for (name, field, value, said) in [
        ("xqr", "tags", "[\"a\",1]", "data[0].tags[1]: this is the number 1; send a text"),
        ("flora", "width", "\"1\"", "assets[0].width: this is the text \"1\"; send a number"),
        ("twelvelabs", "filename", "{}", "data[0].filename: this is an object; send a text"),
        ("piktid", "dimensions", "[1]", "assets[0].dimensions: this has 1 items; send a list of length 2"),
        ("konpro", "url", "false", "assets[0].url: this is `false`; send a text"),
    ] {
        let least = least(name, "a", noon(name));
        let object = format!("{},\"{field}\":{value}}}", least.trim_end_matches('}'));
        assert_eq!(refusal(name, &response(name, &[object])), said);
    }
}

#[test]
fn what_a_list_here_would_not_show_is_refused_by_name() {
    for (name, fields, said) in [
        (
            "konpro",
            r#""file_type":"document""#,
            "assets[0].file_type: assets of the type `document` are not listed here",
        ),
        ("konpro", r#""file_type":"other""#, "assets[0].file_type: assets of the type `other` are not listed here"),
        ("piktid", r#""visibility":"group""#, "assets[0].visibility: `group`"),
    ] {
        let least = least(name, "a", noon(name));
        let object = format!("{},{fields}}}", least.trim_end_matches('}'));
        let refusal = refusal(name, &response(name, &[object]));
        assert!(refusal.starts_with(said), "{refusal}");
    }
}
