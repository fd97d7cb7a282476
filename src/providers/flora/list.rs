//! FLORA's list of assets, with five parameters. Numbers are read like JavaScript's `Number()`, because the server
//! coerces with it, and names may have brackets, because the framework reads them (both inferred).

use super::{cursor, headers, import, view};
use crate::contract::asset_list::{AssetList, MadeUpUrls, Paging, Position};
use crate::contract::evidence::Evidence::Documented;
use crate::contract::failure::Failure;
use crate::contract::query::{Args, Empty, Param, Problem, Repeated, Value};
use crate::library::key::Key;
use crate::library::selection::{AssetQuery, Direction, Filter, Order, Selection, SortBy, Start, Tie};

/// The size of a page, at every list. The bounds are documented, the default is inferred from the sample cursor.
pub const LIMIT: Param = Param::integer("limit", javascript_number, 1, 100)
    .or("20")
    .repeated(Repeated::Nested)
    .known(Documented, "How many assets to return.");

/// The position of a page, at every list.
pub const CURSOR: Param = Param::parsed("cursor", cursor::read)
    .or("")
    .repeated(Repeated::Nested)
    .known(Documented, "Where the page begins: `next_cursor` of the page before.");

/// The search of the lists that have one.
pub const QUERY: Param =
    Param::text("query").empty(Empty::Absent).repeated(Repeated::Nested).known(Documented, "Text to search for.");

/// The workspace, which must be the key's.
pub const WORKSPACE: Param = Param::parsed("workspace_id", |text| prefixed("ws_", text))
    .repeated(Repeated::Nested)
    .known(Documented, "Only assets of this workspace.");

/// The parameters of the query string.
pub const PARAMS: &[Param] = &[
    LIMIT,
    CURSOR,
    QUERY,
    WORKSPACE,
    Param::parsed("project_id", |text| prefixed("prj_", text))
        .repeated(Repeated::Nested)
        .known(Documented, "Only assets on this project's canvas."),
];

/// How FLORA lists its assets.
pub static ASSETS: AssetList = AssetList {
    paging: Paging { size: "limit", position: "cursor", by: Position::OffsetCursor, total: true },
    plan,
    made_up_urls: MadeUpUrls::All,
    asset: view::asset,
    page: view::page,
    answer: |page, cx| headers::complete(page.reply(), cx),
    import: import::import,
};

/// Inferred: newest first. Of assets created at the same instant, the one inserted later is first.
const ORDER: Order = Order { by: SortBy::Created, tie: Tie::Inserted, direction: Direction::Descending };

/// Inferred: the kind that FLORA accepts no uploads of is not in its list either.
const NOT_HELD: &str = "other";

/// What FLORA holds of a workspace.
pub fn always_filtered() -> Vec<Filter> {
    vec![Filter::KindNotIn(vec![NOT_HELD.to_owned()])]
}

fn plan(args: &Args, key: &Key) -> Result<AssetQuery, Failure> {
    if args.text("workspace_id").is_some_and(|workspace| *workspace != *key.workspace) {
        return Err(Failure::ForeignWorkspace);
    }
    let mut filters = always_filtered();
    filters.extend(args.text("query").map(|text| Filter::NameOrDescriptionContains(text.to_owned())));
    filters.extend(args.text("project_id").map(|project| Filter::Project(project.to_owned())));
    Ok(AssetQuery {
        selection: Selection { filters, project: args.text("project_id").map(str::to_owned), order: ORDER },
        start: Start::Offset(cursor::offset(args)),
        overlap: false,
        limit: cursor::limit(args),
        counted: true,
    })
}

/// Documented: the pattern `^ws_\S+$`, and the same with another prefix for projects.
pub fn prefixed(prefix: &str, text: &str) -> Result<Value, Problem> {
    let well_formed =
        text.strip_prefix(prefix).is_some_and(|rest| !rest.is_empty() && !rest.contains(is_javascript_space));
    if well_formed { Ok(Value::Text(text.to_owned())) } else { Err(Problem::malformed()) }
}

/// JavaScript's white space: that of Unicode, plus the byte order mark, minus U+0085.
fn is_javascript_space(c: char) -> bool {
    c == '\u{feff}' || (c.is_whitespace() && c != '\u{85}')
}

/// `Number(text)`, which must then be whole: white space around the text is ignored, an empty text is 0, and decimals
/// with exponents, `0x`, `0o`, `0b` and `Infinity` are read.
fn javascript_number(text: &str) -> Result<i64, Problem> {
    let text = text.trim_matches(is_javascript_space);
    let radix = |base: u32| {
        let digits = text[2..].chars().map(|digit| digit.to_digit(base).map(f64::from)).collect::<Option<Vec<_>>>();
        let digits = digits.filter(|digits| !digits.is_empty()).ok_or(Problem::NotANumber)?;
        Ok(digits.into_iter().fold(0.0, |number, digit| number * f64::from(base) + digit))
    };
    let number = match text.get(..2) {
        _ if text.is_empty() => 0.0,
        Some("0x" | "0X") => radix(16)?,
        Some("0o" | "0O") => radix(8)?,
        Some("0b" | "0B") => radix(2)?,
        _ if matches!(text, "Infinity" | "+Infinity") => f64::INFINITY,
        _ if text == "-Infinity" => f64::NEG_INFINITY,
        _ if text.bytes().all(|b| b.is_ascii_digit() || b"+-.eE".contains(&b)) => {
            text.parse().map_err(|_| Problem::NotANumber)?
        }
        _ => return Err(Problem::NotANumber),
    };
    // The fraction of an infinite number is NaN, so it is not whole. As an integer it saturates.
    match number.fract() == 0.0 {
        true => Ok(number as i64),
        false => Err(Problem::NotWhole(number.floor() as i64)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_what_javascript_makes_of_text() {
        for (text, number) in [
            ("", 0),
            (" 5 ", 5),
            ("+5", 5),
            ("05", 5),
            ("5.", 5),
            ("1e1", 10),
            ("0x10", 16),
            ("0b11", 3),
            ("-0", 0),
            ("\u{feff}7", 7),
        ] {
            assert_eq!(javascript_number(text), Ok(number), "{text:?}");
        }
        for text in ["abc", "1_000", "5px", "0x", "0x-1", "e1", ".", "infinity", "NaN", "+0x10", "１"] {
            assert_eq!(javascript_number(text), Err(Problem::NotANumber), "{text:?}");
        }
        for (text, floor) in
            [("1.5", 1), ("-0.5", -1), ("Infinity", i64::MAX), ("1e400", i64::MAX), ("-1e400", i64::MIN)]
        {
            assert_eq!(javascript_number(text), Err(Problem::NotWhole(floor)), "{text:?}");
        }
    }
}
