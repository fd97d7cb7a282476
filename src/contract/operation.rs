//! The routes of a vendor, as data. Each provider has one table of all routes that the vendor's documents name.
//! Routing, `Allow`, explanations, `FIDELITY.md` and tests are loops over these tables.

use strsim::normalized_levenshtein;

use crate::contract::asset_list::AssetList;
use crate::contract::evidence::Evidence;
use crate::contract::handler::Handler;
use crate::contract::query::{self, Args, Param, Unknown, Violation};
use crate::contract::variant::Variants;

/// One route of one vendor.
#[derive(Debug)]
pub struct Operation {
    /// Its name in messages, faults, the journal and `FIDELITY.md`: a verb and its object, such as `list_assets`.
    pub name: &'static str,
    /// The method.
    pub method: &'static str,
    /// The paths on the vendor's host, the documented one first. `{name}` in place of a segment stands for any text.
    pub paths: &'static [&'static str],
    /// Who may use it.
    pub access: Access,
    /// The scope that a key needs, unless the key has no list of scopes.
    pub scope: Option<&'static str>,
    /// The parameters of the query string.
    pub params: &'static [Param],
    /// How parameters are treated that the table does not have.
    pub unknown: Unknown,
    /// Replaces `params` and `unknown`, for a vendor whose variants change them.
    pub varied: Option<VariedParams>,
    /// Whether it takes a body.
    pub body: BodyKind,
    /// What the emulator does for it.
    pub action: Action,
    /// How sure we are that the vendor has this route.
    pub evidence: Evidence,
}

/// Gives the parameters of the query string, and how others are treated, under the chosen variants.
pub type VariedParams = fn(Variants) -> (&'static [Param], Unknown);

/// What the emulator does for an operation.
#[derive(Debug)]
pub enum Action {
    /// Lists assets in this way.
    List(&'static AssetList),
    /// Runs this handler.
    Run(&'static dyn Handler),
    /// Nothing: the vendor has the route, and the emulator answers 501.
    Absent,
}

/// Who may use an operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Clients with an active key.
    Key,
    /// Anyone: no key is looked for, and no quota counts the request. The handler finds the workspace itself
    /// ([`Workspaces`](crate::contract::handler::Workspaces)). A list of assets always needs a key.
    Anyone,
}

/// Whether an operation takes a body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BodyKind {
    /// It takes none. One that is sent is ignored.
    Ignored,
    /// It takes JSON, whatever the content type is.
    Json,
    /// It takes the bytes of a file, at most so many.
    Bytes {
        /// The most bytes.
        max: u64,
    },
    /// It takes a form, multipart or urlencoded. At most one part is a file.
    Form(FormFile),
    /// It takes a form if the content type is that of a form, and JSON otherwise.
    FormOrJson(FormFile),
}

/// The part of a form that is a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FormFile {
    /// The name of the part.
    pub part: &'static str,
    /// The most bytes.
    pub max: u64,
}

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

/// Two operations are equal if they are the same entry of the same table.
impl PartialEq for Operation {
    fn eq(&self, other: &Operation) -> bool {
        std::ptr::eq(self, other)
    }
}

impl Eq for Operation {}

impl Operation {
    const fn new(
        name: &'static str,
        method: &'static str,
        paths: &'static [&'static str],
        evidence: Evidence,
        action: Action,
    ) -> Operation {
        let (access, scope, params) = (Access::Key, None, &[]);
        let (unknown, varied, body) = (Unknown::Ignored, None, BodyKind::Ignored);
        Operation { name, method, paths, access, scope, params, unknown, varied, body, action, evidence }
    }

    /// A route that the vendor has and the emulator does not imitate.
    pub const fn absent(
        name: &'static str,
        method: &'static str,
        paths: &'static [&'static str],
        evidence: Evidence,
    ) -> Operation {
        Operation::new(name, method, paths, evidence, Action::Absent)
    }

    /// A route that lists assets.
    pub const fn list(
        name: &'static str,
        paths: &'static [&'static str],
        evidence: Evidence,
        list: &'static AssetList,
    ) -> Operation {
        Operation::new(name, "GET", paths, evidence, Action::List(list))
    }

    /// A route with a handler.
    pub const fn run(
        name: &'static str,
        method: &'static str,
        paths: &'static [&'static str],
        evidence: Evidence,
        handler: &'static dyn Handler,
    ) -> Operation {
        Operation::new(name, method, paths, evidence, Action::Run(handler))
    }

    /// Makes it need no key.
    pub const fn for_anyone(mut self) -> Operation {
        self.access = Access::Anyone;
        self
    }

    /// Sets the scope that a key needs; by default it needs none.
    pub const fn scope(mut self, scope: &'static str) -> Operation {
        self.scope = Some(scope);
        self
    }

    /// Sets the parameters of the query string; by default there are none, and all are ignored, which is a
    /// guess at every vendor.
    pub const fn params(mut self, params: &'static [Param], unknown: Unknown) -> Operation {
        self.params = params;
        self.unknown = unknown;
        self
    }

    /// Sets the function that replaces the parameters under the chosen variants.
    pub const fn varied(mut self, varied: VariedParams) -> Operation {
        self.varied = Some(varied);
        self
    }

    /// Makes it take JSON as its body.
    pub const fn json(mut self) -> Operation {
        self.body = BodyKind::Json;
        self
    }

    /// Makes it take the bytes of a file of at most this length.
    pub const fn bytes(mut self, max: u64) -> Operation {
        self.body = BodyKind::Bytes { max };
        self
    }

    /// Makes it take a form in which this part is a file of at most this length.
    pub const fn form(mut self, part: &'static str, max: u64) -> Operation {
        self.body = BodyKind::Form(FormFile { part, max });
        self
    }

    /// Makes it take such a form, or JSON.
    pub const fn form_or_json(mut self, part: &'static str, max: u64) -> Operation {
        self.body = BodyKind::FormOrJson(FormFile { part, max });
        self
    }

    /// Whether it has this path, with any method.
    pub fn has_path(&self, path: &str) -> bool {
        self.paths.iter().any(|template| matches(template, path))
    }

    /// What stands in a path that it has for the names in its template.
    pub fn path_values(&self, path: &str) -> Vec<(&'static str, String)> {
        let template = self.paths.iter().find(|template| matches(template, path));
        let segments = template.into_iter().flat_map(|template| template.split('/').zip(path.split('/')));
        segments.filter_map(|(wanted, given)| Some((name(wanted)?, given.to_owned()))).collect()
    }

    /// Whether one of its paths can start with this text.
    pub fn can_begin_with(&self, beginning: &str) -> bool {
        self.paths.iter().any(|template| begins(template, beginning))
    }

    /// Whether the emulator does not imitate this route.
    pub fn is_absent(&self) -> bool {
        matches!(self.action, Action::Absent)
    }

    /// The parameters of the query string under the chosen variants, and how others are treated.
    pub fn parameters(&self, variants: Variants) -> (&'static [Param], Unknown) {
        self.varied.map_or((self.params, self.unknown), |varied| varied(variants))
    }

    /// Reads a raw query string as the chosen variants require.
    pub fn read(&self, query: &str, variants: Variants) -> Result<Args, Vec<Violation>> {
        let (params, unknown) = self.parameters(variants);
        Ok(query::read(params, unknown, query)?.under(variants))
    }

    /// The documented path, which is the first one.
    pub fn path(&self) -> &'static str {
        self.paths[0]
    }
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

/// Whether a path matches a template, segment by segment. A `{name}` matches any segment that is not empty.
pub fn matches(template: &str, path: &str) -> bool {
    if template == path {
        return true;
    }
    let (mut wanted, mut given) = (template.split('/'), path.split('/'));
    loop {
        match (wanted.next(), given.next()) {
            (None, None) => return true,
            (Some(wanted), Some(given)) if wanted == given || (is_name(wanted) && !given.is_empty()) => {}
            _ => return false,
        }
    }
}

/// The one segment in which a path differs from a template, as both have it. None if there are more, or none at all.
pub fn only_difference<'p>(template: &'p str, path: &'p str) -> Option<(&'p str, &'p str)> {
    if template.split('/').count() != path.split('/').count() {
        return None;
    }
    let pairs = template.split('/').zip(path.split('/'));
    let mut different = pairs.filter(|(wanted, given)| wanted != given && (!is_name(wanted) || given.is_empty()));
    let found = different.next()?;
    different.next().is_none().then_some(found)
}

/// Whether a path that matches the template can start with this text. The last segment of the text may be incomplete.
fn begins(template: &str, beginning: &str) -> bool {
    let mut wanted = template.split('/');
    let (whole, part) = beginning.rsplit_once('/').map_or((None, beginning), |(whole, part)| (Some(whole), part));
    let mut whole = whole.into_iter().flat_map(|whole| whole.split('/'));
    let fits = |given: &str, wanted: &str| wanted == given || (is_name(wanted) && !given.is_empty());
    whole.all(|given| wanted.next().is_some_and(|wanted| fits(given, wanted)))
        && wanted.next().is_some_and(|wanted| is_name(wanted) || wanted.starts_with(part))
}

/// The template with the path's own segments in place of its `{name}` segments, so that only the fixed segments are
/// compared.
fn filled(template: &str, path: &str) -> String {
    let mut given = path.split('/');
    let segments = template.split('/').map(|wanted| match given.next() {
        Some(given) if is_name(wanted) && !given.is_empty() => given,
        _ => wanted,
    });
    segments.collect::<Vec<_>>().join("/")
}

fn is_name(segment: &str) -> bool {
    name(segment).is_some()
}

fn name(segment: &str) -> Option<&str> {
    segment.strip_prefix('{')?.strip_suffix('}')
}

#[cfg(test)]
mod tests {
    use super::*;

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
