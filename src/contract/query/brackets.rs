//! Names with brackets: `name[]=a` and `name[0]=a` are arrays, `name[x]=a` is an object, and a repeated name is an
//! array of its values. The rules are those of oRPC's bracket notation, including its quirks: a bracket replaces an
//! earlier plain text, and a key that is not an index turns an array into an object.

use std::collections::BTreeMap;

use super::violation::Problem;

/// The largest index of an array. A larger one is a key of an object.
const LAST_INDEX: usize = 9999;

/// How many brackets of a name are read. Any that follow are ignored.
const DEPTH: usize = 8;

/// The value of one name.
#[derive(Debug, PartialEq, Eq)]
pub enum NestedValue {
    /// A text.
    Text(String),
    /// An array. `pushed`: it was made with `[]`.
    Array { items: BTreeMap<usize, NestedValue>, pushed: bool },
    /// An object.
    Object(BTreeMap<String, NestedValue>),
}

/// The name before the brackets; the whole name if there are none.
pub fn root(name: &str) -> &str {
    keys(name).map_or(name, |(root, _)| root)
}

/// The name before the brackets, and the key in each of them; `None` if there are no brackets or the last one is not
/// closed.
fn keys(name: &str) -> Option<(&str, Vec<&str>)> {
    let (root, brackets) = name.split_once('[')?;
    Some((root, brackets.strip_suffix(']')?.split("][").take(DEPTH).collect()))
}

/// The value that all pairs together give this name; `None` if no pair has the name.
pub fn collect<'a>(name: &str, pairs: impl Iterator<Item = (&'a str, &'a str)>) -> Option<NestedValue> {
    let mut given = None;
    for (path, text) in pairs {
        match keys(path) {
            Some((root, keys)) if root == name => given = Some(put(given, &keys, text)),
            None if path == name => given = Some(put(given, &[], text)),
            _ => {}
        }
    }
    given
}

/// Puts a text into `old` at these keys, and returns the result.
fn put(old: Option<NestedValue>, keys: &[&str], text: &str) -> NestedValue {
    let Some((key, below)) = keys.split_first() else { return joined(old, text) };
    match container(old, key, below.is_empty()) {
        NestedValue::Array { mut items, .. } if key.is_empty() => {
            push(&mut items, NestedValue::Text(text.to_owned()));
            NestedValue::Array { items, pushed: true }
        }
        NestedValue::Array { mut items, pushed } => {
            let index = index(key).expect("an array with another key has become an object");
            let item = put(items.remove(&index), below, text);
            items.insert(index, item);
            NestedValue::Array { items, pushed }
        }
        NestedValue::Object(mut fields) => {
            let field = put(fields.remove(*key), below, text);
            fields.insert((*key).to_owned(), field);
            NestedValue::Object(fields)
        }
        text @ NestedValue::Text(_) => text,
    }
}

/// Adds a text to an existing value, which makes an array of the two.
fn joined(old: Option<NestedValue>, text: &str) -> NestedValue {
    let text = NestedValue::Text(text.to_owned());
    match old {
        None => text,
        Some(NestedValue::Array { mut items, pushed }) => {
            push(&mut items, text);
            NestedValue::Array { items, pushed }
        }
        Some(old) => NestedValue::Array { items: BTreeMap::from([(0, old), (1, text)]), pushed: false },
    }
}

/// The container for a value with this key: an array as long as all keys are empty or indexes, otherwise an object.
fn container(old: Option<NestedValue>, key: &str, is_last: bool) -> NestedValue {
    let (items, pushed) = match old {
        Some(NestedValue::Array { items, pushed }) => (items, pushed),
        Some(object @ NestedValue::Object(_)) => return object,
        Some(NestedValue::Text(_)) | None => (BTreeMap::new(), false),
    };
    let stays = match key {
        "" => is_last && (items.is_empty() || pushed),
        key => index(key).is_some() && !(is_last && pushed),
    };
    match (stays, pushed) {
        (true, _) => NestedValue::Array { items, pushed },
        (false, false) => {
            NestedValue::Object(items.into_iter().map(|(index, item)| (index.to_string(), item)).collect())
        }
        (false, true) => NestedValue::Object(BTreeMap::from([(String::new(), alone(items))])),
    }
}

/// The only item of an array; the array itself if it has several.
fn alone(mut items: BTreeMap<usize, NestedValue>) -> NestedValue {
    match items.len() {
        1 => items.pop_first().expect("there is one").1,
        _ => NestedValue::Array { items, pushed: false },
    }
}

fn push(items: &mut BTreeMap<usize, NestedValue>, item: NestedValue) {
    let end = items.last_key_value().map_or(0, |(last, _)| last + 1);
    items.insert(end, item);
}

fn index(key: &str) -> Option<usize> {
    let canonical = key == "0" || (key.bytes().all(|b| b.is_ascii_digit()) && !key.starts_with('0'));
    key.parse().ok().filter(|index| canonical && *index <= LAST_INDEX)
}

impl NestedValue {
    /// The text; an error for an array or an object.
    pub fn text(&self) -> Result<&str, Problem> {
        match self {
            NestedValue::Text(text) => Ok(text),
            NestedValue::Array { .. } => Err(Problem::Repeated),
            NestedValue::Object(_) => Err(Problem::Object),
        }
    }

    /// The text of a number. An array with exactly one item counts as that item, because JavaScript's `Number()`
    /// converts it so.
    pub fn number(&self) -> Result<&str, Problem> {
        match self {
            NestedValue::Array { items, .. } if items.len() == 1 => items.get(&0).ok_or(Problem::Repeated)?.number(),
            other => other.text(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn number(query: &str) -> Result<String, Problem> {
        let pairs: Vec<_> = query.split('&').map(|pair| pair.split_once('=').unwrap()).collect();
        collect("n", pairs.into_iter()).unwrap().number().map(str::to_owned)
    }

    #[test]
    fn an_array_of_one_is_the_number_in_it() {
        for query in ["n=5", "n[]=5", "n[0]=5", "n[0][0]=5", "n=6&n[]=5", "m=6&n[]=5&m[]=7"] {
            assert_eq!(number(query), Ok("5".to_owned()), "{query}");
        }
    }

    #[test]
    fn longer_arrays_and_objects_are_none() {
        for query in ["n=5&n=6", "n[]=5&n[]=6", "n[]=6&n=5", "n[1]=5", "n[9999]=5", "n[0]=5&n[0]=6", "n[0]=5&n[1]=6"] {
            assert_eq!(number(query), Err(Problem::Repeated), "{query}");
        }
        for query in ["n[a]=5", "n[][]=5", "n[10000]=5", "n[00]=5", "n[0]=5&n[]=6", "n[]=5&n[0]=6", "n[a]=5&n[]=6"] {
            assert_eq!(number(query), Err(Problem::Object), "{query}");
        }
    }

    #[test]
    fn brackets_that_are_not_closed_are_letters_of_another_name() {
        for name in ["n[", "n]", "[n]", "n[]x", "n[0"] {
            assert_eq!(collect("n", [(name, "5")].into_iter()), None, "{name}");
        }
        assert_eq!((root("n[a][]"), root("n["), root("n")), ("n", "n[", "n"));
    }

    #[test]
    fn deep_brackets_cost_no_more_than_shallow_ones() {
        let deep = format!("n{}=5", "[0]".repeat(20_000));
        assert_eq!(number(&deep), Ok("5".to_owned()));
    }
}
