//! Looks up operations in a vendor's table: by method and path, and what is similar to a path.

use strsim::normalized_levenshtein;

use crate::contract::operation::{Access, Operation};
use crate::contract::path_template::filled;

/// The result of looking up a path and a method.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Found {
    /// This operation.
    Operation(&'static Operation),
    /// The path exists, but not with this method.
    OtherMethods,
    /// No operation has this path.
    Nothing,
}

/// Looks up a method and a path. HEAD finds the operation of GET.
pub fn find(operations: &'static [Operation], method: &str, path: &str) -> Found {
    let there = || operations.iter().filter(|operation| operation.has_path(path));
    let with = |method: &str| there().find(|operation| operation.method == method);
    match with(if method == "HEAD" { "GET" } else { method }) {
        Some(operation) => Found::Operation(operation),
        None if there().next().is_none() => Found::Nothing,
        None => Found::OtherMethods,
    }
}

/// Who may use the operations with this path: those who may use the first. A signed URL has a path of its own.
pub fn access(operations: &'static [Operation], path: &str) -> Access {
    let first = operations.iter().find(|operation| operation.has_path(path));
    first.map_or(Access::Key, |operation| operation.access)
}

/// The methods of a path, each once, in the order of the table.
pub fn methods(operations: &'static [Operation], path: &str) -> Vec<&'static str> {
    let mut methods = Vec::new();
    for operation in operations.iter().filter(|operation| operation.has_path(path)) {
        if !methods.contains(&operation.method) {
            methods.push(operation.method);
        }
    }
    methods
}

/// The names of these operations, each once, in the order of the table.
pub fn names(operations: impl Iterator<Item = &'static Operation>) -> Vec<&'static str> {
    let mut names = Vec::new();
    for operation in operations {
        if !names.contains(&operation.name) {
            names.push(operation.name);
        }
    }
    names
}

/// The operation whose path is most similar to this one; `None` if no path is similar enough.
pub fn nearest(operations: &'static [Operation], path: &str) -> Option<&'static Operation> {
    /// How similar two paths must be: 1 means equal, 0 that they have nothing in common.
    const ALIKE: f64 = 0.6;
    let likeness = |operation: &Operation| {
        let paths = operation.paths.iter().map(|template| normalized_levenshtein(&filled(template, path), path));
        paths.fold(0.0, f64::max)
    };
    // If several are equally similar, the first one wins. Tables list imitated routes before the others.
    let mut found: Option<(f64, &Operation)> = None;
    for operation in operations {
        let likeness = likeness(operation);
        if likeness >= ALIKE && found.is_none_or(|(best, _)| likeness > best) {
            found = Some((likeness, operation));
        }
    }
    found.map(|(_, operation)| operation)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contract::evidence::Evidence;

    const fn absent(name: &'static str, method: &'static str, paths: &'static [&'static str]) -> Operation {
        Operation::absent(name, method, paths, Evidence::Documented)
    }

    static TABLE: &[Operation] = &[
        absent("list_things", "GET", &["/v1/things"]),
        absent("make_thing", "POST", &["/v1/things"]),
        absent("get_special", "GET", &["/v1/things/special"]),
        absent("get_thing", "GET", &["/v1/things/{thing}", "/v1/thing/{thing}"]),
        absent("seal_thing", "POST", &["/v1/things/{thing}/seal"]),
    ];

    fn found(method: &str, path: &str) -> &'static str {
        match find(TABLE, method, path) {
            Found::Operation(operation) => operation.name,
            Found::OtherMethods => "other methods",
            Found::Nothing => "nothing",
        }
    }

    #[test]
    fn an_operation_is_found_by_method_and_path() {
        assert_eq!(found("GET", "/v1/things"), "list_things");
        assert_eq!(found("HEAD", "/v1/things"), "list_things");
        assert_eq!(found("POST", "/v1/things"), "make_thing");
        assert_eq!(found("GET", "/v1/things/special"), "get_special");
        assert_eq!(found("GET", "/v1/things/a b"), "get_thing");
        assert_eq!(found("GET", "/v1/thing/a"), "get_thing");
        assert_eq!(found("POST", "/v1/things/a/seal"), "seal_thing");
        assert_eq!(found("GET", "/v1/things/a/seal"), "other methods");
        for path in ["/v1/things/", "/v1/things//seal", "/v1/things/a/b", "/v1", "", "/V1/things"] {
            assert_eq!(found("GET", path), "nothing", "{path}");
        }
        assert_eq!(found("get", "/v1/things"), "other methods");
        assert_eq!(methods(TABLE, "/v1/things"), ["GET", "POST"]);
    }

    #[test]
    fn a_path_gives_a_value_for_each_name_of_its_template() {
        assert_eq!(TABLE[4].path_values("/v1/things/a b/seal"), [("thing", "a b".to_owned())]);
        assert_eq!(TABLE[3].path_values("/v1/thing/a%20b"), [("thing", "a%20b".to_owned())]);
        assert_eq!((TABLE[0].path_values("/v1/things"), TABLE[4].path_values("/v1/things")), (vec![], vec![]));
    }

    #[test]
    fn a_path_can_begin_like_a_template_with_any_text_for_its_names() {
        let begin = |beginning: &str| {
            TABLE.iter().filter(|it| it.can_begin_with(beginning)).map(|it| it.name).collect::<Vec<_>>()
        };
        assert_eq!(begin("/v1/things/a/"), ["seal_thing"]);
        assert_eq!(begin("/v1/things/a/se"), ["seal_thing"]);
        assert_eq!(begin("/v1/things/s"), ["get_special", "get_thing", "seal_thing"]);
        assert_eq!(begin("/v1/thing"), ["list_things", "make_thing", "get_special", "get_thing", "seal_thing"]);
        assert_eq!((begin("").len(), begin("/v2"), begin("/v1/things/a/b")), (5, vec![], vec![]));
    }

    #[test]
    fn the_nearest_operation_is_the_one_whose_fixed_segments_are_most_alike() {
        let nearest = |path| nearest(TABLE, path).map(|operation| operation.name);
        assert_eq!(nearest("/v1/thing"), Some("list_things"));
        assert_eq!(nearest("/v1/things/some-long-identifier/seel"), Some("seal_thing"));
        assert_eq!(nearest("/v1/thngs/some-long-identifier"), Some("get_thing"));
        assert_eq!(nearest("/quite/another/address"), None);
    }
}
