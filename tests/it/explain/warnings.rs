//! What was probably not meant.

use super::*;

/// A provider of the tests' world, asked without a pipeline around it.
struct Asker {
    provider: &'static dyn Provider,
    app: assetmock::emulator::app::App,
    key: Key,
    cursors: Cursors,
}

impl Asker {
    fn of(name: &str) -> Asker {
        Asker::with(name, "")
    }

    /// With the key of this ending.
    fn with(name: &str, ending: &str) -> Asker {
        let app = block_on(app(&world(), NOON));
        let text = format!("{}{ending}", dialects::of(name).key);
        let key = block_on(app.store.key(name, &text)).unwrap().unwrap();
        Asker { provider: providers::named(name).unwrap(), app, key, cursors: Cursors::default() }
    }

    /// The warnings about an answer, and the next cursor that it offers.
    fn ask(&self, query: &str) -> (Vec<Warning>, Option<String>) {
        let card = self.provider.card();
        let args = card.list_operation().read(query, Variants::default()).unwrap();
        let plan = (card.asset_list().plan)(&args, &self.key).unwrap();
        let page = page(&self.app, self.provider, &self.key.key, &plan);
        let next = (card.asset_list().page)(&page, &args).next;
        let facts = PageFacts { card, key: &self.key, query, args: &args, plan: &plan, page: &page };
        let warnings = warnings(&facts, &self.cursors);
        self.cursors.remember(&facts, next.as_deref());
        (warnings, next)
    }

    fn told(&self, query: &str) -> Vec<String> {
        self.ask(query).0.iter().map(Warning::to_string).collect()
    }
}

const NOTHING: [&str; 0] = [];

#[test]
fn what_is_meant_is_not_warned_of() {
    for dialect in dialects::ALL {
        let asker = Asker::of(dialect.name);
        // KonPro's sample of a token leads nowhere.
        let samples = dialect.samples.iter().filter(|(name, _)| *name != "token");
        let one_by_one = samples.map(|(name, [value, _])| {
            form_urlencoded::Serializer::new(String::new()).append_pair(name, value).finish()
        });
        for query in one_by_one.chain([String::new(), format!("{}=5", dialect.size)]) {
            assert_eq!(asker.told(&query), NOTHING, "{}?{query}", dialect.name);
        }
    }
}

/// By offset or by number until a page is empty, or by cursor: the ways in which clients walk.
#[test]
fn a_walk_to_the_end_is_not_warned_of() {
    for dialect in dialects::ALL {
        for size in [3, 5, VISIBLE, VISIBLE + 1] {
            let asker = Asker::of(dialect.name);
            let paging = asker.provider.card().paging();
            let mut position = Some(String::new());
            for turn in 1.. {
                let Some(at) = position.take() else { break };
                let (warnings, next) = asker.ask(&format!("{}={size}{at}", paging.size));
                assert_eq!(warnings, [], "{} by {size}, turn {turn}", dialect.name);
                let reached = turn * size;
                position = match paging.by {
                    _ if reached >= VISIBLE + size => None,
                    Position::Offset => Some(reached),
                    Position::Page => Some(turn + 1),
                    Position::OffsetCursor | Position::Keyset => None,
                }
                .map(|at| at.to_string())
                .or(next)
                .map(|at| format!("&{}={at}", paging.position));
            }
        }
    }
}

#[test]
fn an_ignored_parameter_is_told_with_the_one_that_was_meant() {
    let asker = Asker::of("piktid");
    for (query, told) in [
        ("per_pge=5", "`per_pge` is ignored by this vendor; did you mean `per_page`?"),
        ("perPage=5", "`perPage` is ignored by this vendor; did you mean `per_page`?"),
        ("include-tags=model", "`include-tags` is ignored by this vendor; did you mean `include_tags`?"),
        ("include_tags[]=model", "`include_tags[]` is ignored by this vendor; did you mean `include_tags`?"),
        ("cursor=abc", "`cursor` is ignored by this vendor"),
        ("q=abc", "`q` is ignored by this vendor"),
        ("=abc", "`` is ignored by this vendor"),
    ] {
        assert_eq!(asker.told(query), [told], "{query}");
    }
    assert_eq!(
        asker.told("x=1&x=2&pag=1"),
        ["`x` is ignored by this vendor", "`pag` is ignored by this vendor; did you mean `page`?"]
    );
    let many: String = (0..1000).map(|n| format!("zebra{n}=1&")).collect();
    assert_eq!(
        (asker.told(&many).len(), &*asker.told(&many)[8]),
        (9, "992 more parameters are ignored by this vendor")
    );
}

#[test]
fn of_a_repeated_parameter_the_one_that_counts_is_told() {
    assert_eq!(
        Asker::of("xqr").told("limit=5&limit=7"),
        ["`limit` is given 2 times; only the last one counts, `limit=7`"]
    );
    assert_eq!(
        Asker::of("piktid").told("page=1&page=2&page=3"),
        ["`page` is given 3 times; only the first one counts, `page=1`"]
    );
    assert_eq!(Asker::of("twelvelabs").told("asset_types=image&asset_types=video"), NOTHING);
}

#[test]
fn an_empty_parameter_that_counts_as_absent_is_told() {
    assert_eq!(Asker::of("konpro").told("folder_id="), ["`folder_id` is empty, which counts as absent"]);
    assert_eq!(Asker::of("piktid").told("search="), NOTHING);
}

#[test]
fn a_filter_that_nothing_can_match_is_told() {
    let told = |name: &str, query: &str| Asker::of(name).told(query);
    for (query, said) in [
        ("file_type=images", "no asset can have `file_type=images`; did you mean `image`?"),
        ("file_type=image/png", "no asset can have `file_type=image/png`; did you mean `image`?"),
        ("file_type=IMAGE", "no asset can have `file_type=IMAGE`; did you mean `image`?"),
        ("file_type=document", "no asset can have `file_type=document`"),
        ("folder_id=undefined", "no asset has `folder_id=undefined`, which looks like a value that was never set"),
        ("file_type=null", "no asset has `file_type=null`, which looks like a value that was never set"),
    ] {
        assert_eq!(told("konpro", query), [said], "{query}");
    }
    assert_eq!(
        told("flora", "query=undefined"),
        ["no asset has `query=undefined`, which looks like a value that was never set"]
    );
    assert_eq!(told("flora", "cursor="), ["`cursor` is empty, which counts as absent"]);
    assert_eq!(
        told("piktid", "created_by=None"),
        ["no asset has `created_by=None`, which looks like a value that was never set"]
    );
    assert_eq!(
        told("piktid", "created_after=2026-03-02&created_before=2026-03-01"),
        ["no asset can match `created_after` and `created_before` together"]
    );
    assert_eq!(
        told("piktid", "include_tags=model,product&exclude_tags=product"),
        ["no asset can match `include_tags` and `exclude_tags` together"]
    );
    assert_eq!(told("konpro", "file_type=video"), NOTHING, "there may be some tomorrow");
    assert_eq!(told("flora", "query=xyz"), NOTHING);
}

#[test]
fn a_page_size_taken_for_another_is_told() {
    assert_eq!(Asker::of("konpro").told("limit=0"), ["`limit=0` was taken as 100"]);
}

#[test]
fn a_page_beyond_the_end_is_told_with_what_there_is() {
    let told = |name: &str, query: &str| Asker::of(name).told(query);
    assert_eq!(told("twelvelabs", "page=9&page_limit=5"), ["`page=9` is beyond the end: there are 3 pages"]);
    assert_eq!(
        told("piktid", "page=99999999999999999999"),
        ["`page=99999999999999999999` is beyond the end: there is 1 page"]
    );
    assert_eq!(told("xqr", "offset=100"), ["`offset=100` is beyond the end: the page is empty"]);
    assert_eq!(
        told("flora", "cursor=eyJvZmZzZXQiOjEyfQ"), // {"offset":12}
        ["`cursor=eyJvZmZzZXQiOjEyfQ` is beyond the end: there are 12 assets"]
    );
    let token = "eyJjcmVhdGVkX3VzIjowLCJpZCI6IngifQ"; // {"created_us":0,"id":"x"}
    assert_eq!(
        told("konpro", &format!("token={token}")),
        [format!("`token={token}` is beyond the end: the page is empty")]
    );
    for dialect in dialects::ALL {
        let first = if dialect.name == "twelvelabs" || dialect.name == "piktid" { "page=1" } else { "" };
        let asker = Asker::with(dialect.name, "_empty");
        assert_eq!(asker.told(first), NOTHING, "the first page of nothing");
        if !first.is_empty() {
            assert_eq!(asker.told("page=2"), NOTHING, "where a walk over nothing can end, too");
            assert_eq!(asker.told("page=3"), ["`page=3` is beyond the end: there are 0 pages"]);
        }
    }
}

#[test]
fn a_cursor_sent_with_other_filters_is_told() {
    for (name, parameter, one, other) in
        [("flora", "cursor", "query=png", "query=p"), ("konpro", "token", "file_type=image", "folder_id=fld_a")]
    {
        let asker = Asker::of(name);
        let next = asker.ask(&format!("limit=3&{one}")).1.unwrap();
        let told = |more: &str| asker.told(&format!("{parameter}={next}&{more}"));
        assert_eq!(told(one), NOTHING);
        assert_eq!(told(&format!("limit=4&{one}")), NOTHING, "the size of the page is no filter");
        assert_eq!(told(other), [format!("the {parameter} was sent with other filters than it was made with")]);
    }
}

#[test]
fn a_cursor_that_was_offered_under_several_filters_is_good_with_each() {
    let asker = Asker::of("flora");
    let next = asker.ask("limit=3&query=png").1.unwrap();
    assert_eq!(asker.ask("limit=3").1.as_ref(), Some(&next));
    assert_eq!(asker.told(&format!("cursor={next}&query=png")), NOTHING);
    assert_eq!(asker.told(&format!("cursor={next}")), NOTHING);
    assert_eq!(asker.told(&format!("cursor={next}&query=.")).len(), 1);
}

#[test]
fn a_cursor_that_was_never_offered_is_not_judged() {
    let asker = Asker::of("flora");
    asker.ask("limit=3&query=png");
    assert_eq!(asker.told("cursor=eyJvZmZzZXQiOjR9&query=p"), NOTHING); // {"offset":4}
}

/// A page that was kept says what is known now, not what was known when it was made.
#[test]
fn a_page_that_is_asked_again_is_judged_again() {
    let server = Server::start("demo");
    let cursor = "eyJvZmZzZXQiOjN9"; // {"offset":3}
    let told = |query: &str| {
        assert_eq!(server.list("flora", "sk_test_demo", query).status, 200);
        server.get("/_emulator/journal?limit=1", &[]).json()["entries"][0]["warnings"].clone()
    };
    let asked = format!("cursor={cursor}&query=p");
    (0..3).for_each(|_| assert_eq!(told(&asked), json!([]), "it was never offered"));
    told("limit=3&query=png");
    let warning = json!(["the cursor was sent with other filters than it was made with"]);
    (0..3).for_each(|_| assert_eq!(told(&asked), warning, "it was offered with other filters"));
    told("limit=3&query=p");
    (0..3).for_each(|_| assert_eq!(told(&asked), json!([]), "it was offered with these too"));
}

/// A kept page renews what it offers: its offers may be forgotten meanwhile, since others walk too.
#[test]
fn a_walk_over_kept_pages_is_not_warned_of_after_its_offers_were_forgotten() {
    let server = Server::start("demo");
    let made = server.call("POST", "/_emulator/workspaces", &json!({"generate": {"count": 45, "listed_by": "xqr"}}));
    let key = made.json()["keys"]["xqr"].as_str().unwrap().to_owned();
    let other = json!({"generate": {"count": 5000, "listed_by": "flora"}});
    let other = server.call("POST", "/_emulator/workspaces", &other).json();
    let other = other["keys"]["flora"].as_str().unwrap();
    let walk = || {
        for offset in ["0", "20", "40", "60"] {
            assert_eq!(server.list("xqr", &key, &format!("limit=20&offset={offset}")).status, 200);
        }
        server.get("/_emulator/journal?limit=1", &[]).json()["entries"][0]["warnings"].clone()
    };
    (0..3).for_each(|_| assert_eq!(walk(), json!([])));
    let mut query = "limit=1".to_owned();
    for _ in 0..4_100 {
        let page = server.list("flora", other, &query).json();
        query = format!("limit=1&cursor={}", page["meta"]["next_cursor"].as_str().unwrap());
    }
    (0..3).for_each(|_| assert_eq!(walk(), json!([])));
}

#[test]
fn the_same_pages_of_a_walk_take_the_journal_s_memory_once() {
    let server = Server::start("demo");
    let mut query = "limit=20".to_owned();
    let mut pages = Vec::new();
    for _ in 0..4 {
        let page = server.list("flora", "sk_test_demo", &query);
        let next = page.json()["meta"]["next_cursor"].as_str().unwrap().to_owned();
        pages.push(std::mem::replace(&mut query, format!("limit=20&cursor={next}")));
    }
    let bytes = || server.get("/_emulator/journal?limit=1", &[]).json()["journal"]["bytes"].as_u64().unwrap();
    let walk = || pages.iter().for_each(|query| assert_eq!(server.list("flora", "sk_test_demo", query).status, 200));
    (0..3).for_each(|_| walk());
    let before = bytes();
    (0..10).for_each(|_| walk());
    let entry = (bytes() - before) / 40;
    assert!(entry < 2_000, "{entry} bytes for an entry of a page that was kept");
}

#[test]
fn the_oldest_cursors_are_forgotten() {
    let asker = Asker::of("flora");
    let next = asker.ask("limit=3&query=png").1.unwrap();
    let card = asker.provider.card();
    let args = card.list_operation().read("", Variants::default()).unwrap();
    let plan = (card.asset_list().plan)(&args, &asker.key).unwrap();
    let page = page(&asker.app, asker.provider, &asker.key.key, &plan);
    let facts = PageFacts { card, key: &asker.key, query: "", args: &args, plan: &plan, page: &page };
    let others = |count: usize| (0..count).for_each(|n| drop(asker.cursors.remember(&facts, Some(&n.to_string()))));
    others(4_095);
    assert_eq!(asker.told(&format!("cursor={next}&query=p&limit=100")).len(), 1);
    others(4_096);
    assert_eq!(asker.told(&format!("cursor={next}&query=p&limit=100")), NOTHING);
}

#[test]
fn a_warning_has_no_whole_key_in_it() {
    let asker = Asker::of("xqr");
    assert_eq!(asker.told(&format!("{}=1", asker.key.key)), ["`…ests` is ignored by this vendor"]);
}
