//! What every provider does alike, whatever its words: walks, walls between workspaces, keys, limits, chance and clock,
//! and that a listing is served by an index.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use assetmock::clock::Clock;
use assetmock::contract::operation::Access;
use assetmock::contract::provider::Provider;
use assetmock::emulator::app::App;
use assetmock::emulator::limits::Limits;
use assetmock::library::selection::AssetQuery;
use assetmock::library::store::{DatabaseLocation, Store, View};
use assetmock::providers;
use assetmock::server;
use futures_util::future::{join, join_all};

use crate::dialects::{self, Dialect, pairs, planned};
use crate::process::own_address;
use crate::support::{Answer, NOON, Server, app, ask, at, block_on};
use crate::worlds::{EXPIRY, VISIBLE, world};

fn start() -> Server {
    Server::start(&world())
}

/// Serves the world of these tests after a change to its state.
fn start_with(change: impl FnOnce(&mut App)) -> Server {
    block_on(async {
        let mut app = app(&world(), NOON).await;
        change(&mut app);
        Server::serve(app).await
    })
}

/// The list route, with the key of this ending. The host is the same for all servers, since it is in URLs of assets.
fn get(server: &Server, dialect: &Dialect, ending: &str, query: &str) -> Answer {
    server.get(&dialect.target(query), &["Host: localhost", &dialect.auth(ending)])
}

fn assert_refused(dialect: &Dialect, answer: &Answer, status: u16) {
    assert_eq!(answer.status, status, "{}: {}", dialect.name, answer.text());
    assert!(dialect.is_refusal(answer.text()), "{}: {}", dialect.name, answer.text());
}

fn assert_page(dialect: &Dialect, answer: &Answer) {
    assert_eq!(answer.status, 200, "{}: {}", dialect.name, answer.text());
    assert!(dialect.is_page(answer.text()), "{}: {}", dialect.name, answer.text());
}

#[test]
fn a_walk_meets_each_asset_once_and_in_order_whatever_the_page_size() {
    let server = start();
    for (_, dialect) in pairs() {
        let whole = dialect.ids(&get(&server, dialect, "_off", &format!("{}=50", dialect.size)));
        assert_eq!(whole.iter().collect::<HashSet<_>>().len(), VISIBLE, "{}", dialect.name);
        for size in [1, 2, 3, 5, 7, VISIBLE - 1, VISIBLE, VISIBLE + 1] {
            let walked = dialect.walk(|query| get(&server, dialect, "_off", query), size, "");
            assert_eq!(walked, whole, "{} in pages of {size}", dialect.name);
        }
    }
}

#[test]
fn newest_comes_first() {
    let server = start();
    for (_, dialect) in pairs() {
        let field = if dialect.name == "konpro" { "created_ts" } else { "created_at" };
        let rows = dialect.rows(&get(&server, dialect, "", ""));
        let times: Vec<_> = rows[..10].iter().map(|row| row[field].to_string()).collect();
        assert!(times.is_sorted_by(|newer, older| newer >= older), "{}: {times:?}", dialect.name);
        assert_eq!(times[0], times[6], "{}: seven share the latest instant", dialect.name);
    }
}

#[test]
fn the_last_page_announces_nothing_even_when_it_is_full() {
    let server = start();
    for (_, dialect) in pairs().filter(|(_, dialect)| dialect.name != "xqr") {
        let answer = get(&server, dialect, "", &format!("{}={VISIBLE}", dialect.size));
        assert_eq!((dialect.next)(&answer.json(), VISIBLE, VISIBLE), None, "{}", dialect.name);
    }
}

#[test]
fn a_page_beyond_the_end_is_empty() {
    let server = start();
    for (_, dialect) in pairs() {
        let answer = get(&server, dialect, "", dialect.deep);
        assert_page(dialect, &answer);
        assert_eq!(dialect.rows(&answer).len(), 0, "{}", dialect.name);
    }
}

#[test]
fn an_empty_workspace_is_an_empty_page() {
    let server = start();
    for (_, dialect) in pairs() {
        let answer = get(&server, dialect, "_empty", "");
        assert_page(dialect, &answer);
        assert_eq!(dialect.walk(|query| get(&server, dialect, "_empty", query), 5, ""), [""; 0], "{}", dialect.name);
    }
}

#[test]
fn other_workspaces_stay_invisible() {
    let server = start();
    for (_, dialect) in pairs() {
        let own: HashSet<_> = dialect.ids(&get(&server, dialect, "", "")).into_iter().collect();
        let others = dialect.ids(&get(&server, dialect, "_other", ""));
        assert_eq!(others.len(), 2, "{}", dialect.name);
        assert!(others.iter().all(|id| !own.contains(id)), "{}", dialect.name);
    }
}

#[test]
fn without_a_key_there_is_no_answer() {
    let server = start();
    for (_, dialect) in pairs() {
        assert_refused(dialect, &server.get(&dialect.target(""), &[]), 401);
        let empty = dialect.auth("").replace(dialect.key, "");
        assert_refused(dialect, &server.get(&dialect.target(""), &[&empty]), 401);
    }
}

#[test]
fn a_key_that_nobody_holds_is_refused() {
    let server = start();
    for (_, dialect) in pairs() {
        for ending in ["_nobody", "x", "%", "' OR 1=1 --"] {
            assert_refused(dialect, &get(&server, dialect, ending, ""), 401);
        }
    }
}

#[test]
fn keys_are_compared_to_the_letter() {
    let server = start();
    for (_, dialect) in pairs() {
        let shouted = dialect.auth("").replace(dialect.key, &dialect.key.to_uppercase());
        assert_refused(dialect, &server.get(&dialect.target(""), &[&shouted]), 401);
    }
}

#[test]
fn a_key_opens_its_own_provider_only() {
    let server = start();
    for (provider, dialect) in pairs() {
        for (_, stranger) in pairs().filter(|(_, other)| other.name != dialect.name) {
            let line = provider.card().auth.carrier.line(stranger.key);
            assert_refused(dialect, &server.get(&dialect.target(""), &[&line]), 401);
        }
    }
}

#[test]
fn a_revoked_key_is_refused() {
    let server = start();
    for (_, dialect) in pairs() {
        assert_refused(dialect, &get(&server, dialect, "_revoked", ""), 401);
    }
}

/// Lists and all other routes. Those that make a key from a password or a token need none.
#[test]
fn every_route_that_needs_a_key_refuses_others_than_an_active_one_with_its_scope() {
    let server = start();
    let mut routes = 0;
    for (provider, dialect) in pairs() {
        let card = provider.card();
        for operation in card.operations.iter().filter(|route| !route.is_absent() && route.access == Access::Key) {
            let segments =
                operation.path().split('/').map(|part| if part.starts_with('{') { "some-id_1" } else { part });
            let target = format!("/{}{}", card.name, segments.collect::<Vec<_>>().join("/"));
            let ask = |headers: &[&str]| server.post(operation.method, &target, headers, "");
            assert_refused(dialect, &ask(&[]), 401);
            for ending in ["_nobody", "_revoked"] {
                assert_refused(dialect, &ask(&[&dialect.auth(ending)]), 401);
            }
            if operation.scope.is_some() {
                assert_refused(dialect, &ask(&[&dialect.auth("_scopeless")]), 403);
            }
            routes += 1;
        }
    }
    assert!(routes > 30, "{routes}");
}

#[test]
fn a_key_expires_at_the_very_instant() {
    let server = start();
    for (_, dialect) in pairs() {
        server.app.clock.set(at(EXPIRY) - 1);
        assert_page(dialect, &get(&server, dialect, "_expiring", ""));
        server.app.clock.set(at(EXPIRY));
        assert_refused(dialect, &get(&server, dialect, "_expiring", ""), 401);
    }
}

#[test]
fn a_key_without_scopes_is_refused_where_the_card_names_one() {
    let server = start();
    for (provider, dialect) in pairs() {
        let answer = get(&server, dialect, "_scopeless", "");
        match provider.card().list_operation().scope {
            Some(_) => assert_refused(dialect, &answer, 403),
            None => assert_page(dialect, &answer),
        }
    }
}

#[test]
fn the_key_is_looked_at_before_the_parameters() {
    let server = start();
    for (_, dialect) in pairs() {
        assert_refused(dialect, &get(&server, dialect, "_revoked", &format!("{}=0x", dialect.size)), 401);
    }
}

#[test]
fn a_limit_of_three_refuses_the_fourth_and_recovers_with_the_next_window() {
    let server = start();
    for (_, dialect) in pairs() {
        server.app.clock.set(at("2026-03-21T12:00:59.999999Z"));
        (0..3).for_each(|_| assert_page(dialect, &get(&server, dialect, "_three", "")));
        let refused = get(&server, dialect, "_three", "");
        assert_refused(dialect, &refused, 429);
        assert_eq!(refused.header("retry-after").unwrap_or("1"), "1", "{}", dialect.name);
        assert_page(dialect, &get(&server, dialect, "", ""));
        server.app.clock.set(at("2026-03-21T12:01:00Z"));
        assert_page(dialect, &get(&server, dialect, "_three", ""));
    }
}

#[test]
fn a_refused_request_counts_too() {
    let server = start();
    for (_, dialect) in pairs() {
        (0..3).for_each(|_| assert_eq!(get(&server, dialect, "_three", &format!("{}=0x", dialect.size)).status, 400));
        assert_refused(dialect, &get(&server, dialect, "_three", ""), 429);
    }
}

#[test]
fn limits_that_are_off_refuse_nothing_and_still_count() {
    let server = start_with(|app| app.limits = Limits::new(true));
    for (_, dialect) in pairs() {
        let answers: Vec<_> = (0..5).map(|_| get(&server, dialect, "_three", "")).collect();
        answers.iter().for_each(|answer| assert_page(dialect, answer));
        if let Some(remaining) = answers[4].header("x-ratelimit-remaining") {
            assert_eq!(remaining, "0", "{}", dialect.name);
        }
    }
}

#[test]
fn xqr_counts_down_for_a_key_whose_limits_are_off() {
    let server = start();
    let (_, dialect) = pairs().find(|(_, dialect)| dialect.name == "xqr").unwrap();
    for left in [599, 598, 597] {
        let answer = get(&server, dialect, "_off", "");
        assert_eq!(answer.header("x-ratelimit-remaining"), Some(&*left.to_string()));
        assert_eq!(answer.json()["meta"]["rate_limit"]["remaining"], left);
    }
}

/// Some requests that are answered, and some that are refused.
fn conversation(server: &Server, dialect: &Dialect) -> Vec<Answer> {
    let good = dialect.walk(|query| get(server, dialect, "", query), 5, "");
    assert_eq!(good.len(), VISIBLE);
    ["", "_revoked", "_three"].map(|ending| get(server, dialect, ending, "")).to_vec()
}

#[test]
fn the_same_seed_and_clock_give_the_same_bytes() {
    let (one, other) = (start(), start());
    for (_, dialect) in pairs() {
        assert_eq!(conversation(&one, dialect), conversation(&other, dialect), "{}", dialect.name);
    }
}

#[test]
fn another_seed_changes_the_names_of_requests_and_nothing_else() {
    let (one, other) =
        (start(), start_with(|app| *app = App::new(app.store.clone(), Clock::frozen(at(NOON)), Some(8))));
    for (_, dialect) in pairs() {
        let (a, b) = (conversation(&one, dialect), conversation(&other, dialect));
        assert_eq!(a != b, dialect.names_requests, "{}", dialect.name);
        assert_eq!(dialect.rows(&a[0]), dialect.rows(&b[0]), "{}", dialect.name);
    }
}

#[test]
fn every_request_has_a_name_of_its_own() {
    let server = start();
    for (_, dialect) in pairs().filter(|(_, dialect)| dialect.names_requests) {
        let refusals: HashSet<_> = (0..20).map(|_| format!("{:?}", get(&server, dialect, "_revoked", ""))).collect();
        assert_eq!(refusals.len(), 20, "{}", dialect.name);
    }
}

#[test]
fn head_has_the_headers_of_get_and_no_body() {
    for (provider, dialect) in pairs().filter(|(provider, _)| provider.card().methods.has_head()) {
        for ending in ["", "_revoked"] {
            // The port is part of the body's URLs and has more digits or fewer, so the length would depend on it.
            let lines = [&*dialect.auth(ending), "Host: localhost"];
            let ask = |method| start().request(method, &dialect.target(""), &lines);
            let (get, head) = (ask("GET"), ask("HEAD"));
            assert_eq!((head.status, &head.headers), (get.status, &get.headers), "{}", provider.card().name);
            assert!(head.body.is_empty() && !get.body.is_empty());
        }
    }
}

/// SQLite's plan for what a provider's key lists.
fn explained(store: &Store, provider: &'static str, query: &AssetQuery) -> Vec<String> {
    let key = block_on(store.key(provider, dialects::of(provider).key)).unwrap().unwrap();
    block_on(store.explain(View { provider, collection_version: key.collection_version }, &query.selection)).unwrap()
}

fn assert_served_by_an_index(store: &Store, provider: &dyn Provider, query: &str) {
    let name = provider.card().name;
    let steps = explained(store, name, &planned(provider, query).unwrap());
    // Those alone are sorted that the index has as equals.
    let sorts = |step: &String| step.contains("TEMP B-TREE") && !step.contains("FOR LAST TERM");
    assert!(!steps.iter().any(sorts), "{name}?{query}: {steps:#?}");
    let first = steps[0].replace("COVERING ", "");
    assert!(first.starts_with("SEARCH a USING INDEX asset_"), "{name}?{query}: {steps:#?}");
}

#[test]
fn every_page_of_every_listing_is_read_in_the_order_of_an_index() {
    let server = start();
    for (provider, dialect) in pairs() {
        for query in ["", dialect.deep] {
            assert_served_by_an_index(&server.app.store, provider, query);
        }
        for (name, [value, _]) in dialect.samples.iter().filter(|(name, _)| *name != "asset_ids") {
            assert_served_by_an_index(&server.app.store, provider, &format!("{name}={value}"));
        }
    }
}

#[test]
fn a_listing_by_ids_finds_them_by_their_index() {
    let server = start();
    let (provider, _) = pairs().find(|(provider, _)| provider.card().name == "twelvelabs").unwrap();
    let query = planned(provider, "asset_ids=65f0c8a01234567890abcdef").unwrap();
    let steps = explained(&server.app.store, "twelvelabs", &query);
    assert!(steps[0].contains("INDEX asset_"), "{steps:#?}");
}

#[test]
fn a_private_database_outlives_requests_that_are_dropped() {
    let server = start();
    let rows = || async { server.app.store.rows().await.unwrap() };
    let before = block_on(rows());
    block_on(async {
        let asks = rows;
        // Half of the questions are dropped under way. A connection that went with one would take the library along.
        let hurried = (0..64).map(|_| tokio::time::timeout(Duration::from_micros(300), asks()));
        let patient = (0..64).map(|_| asks());
        join(join_all(hurried), join_all(patient)).await;
        tokio::time::sleep(Duration::from_millis(300)).await;
    });
    assert_eq!(block_on(rows()), before);
    pairs().for_each(|(_, dialect)| assert_page(dialect, &get(&server, dialect, "", "")));
}

#[test]
fn many_requests_at_once_are_all_answered() {
    let app = Arc::new(block_on(app(&world(), NOON)));
    block_on(async {
        let asked: Vec<_> = (0..40).flat_map(|_| pairs()).map(|(_, dialect)| (dialect, app.clone())).collect();
        let tasks = asked.into_iter().map(|(dialect, app)| {
            tokio::spawn(async move { (dialect, ask(&app, &dialect.target(""), &dialect.auth("_off")).await) })
        });
        for answered in join_all(tasks).await {
            let (dialect, answer) = answered.unwrap();
            assert_page(dialect, &answer);
        }
    });
}

#[test]
fn two_private_databases_share_nothing() {
    let empty = block_on(Store::open(&DatabaseLocation::Memory, providers::ids())).unwrap();
    let full = start();
    assert_eq!(empty.counts().assets, 0);
    assert_eq!(full.app.store.counts().assets, 14);
    assert_eq!(block_on(empty.workspaces(None)).unwrap(), []);
}

#[test]
fn a_server_that_is_asked_to_stop_finishes_and_lets_go_of_its_port() {
    let app = Arc::new(block_on(app(&world(), NOON)));
    block_on(async {
        let listener = tokio::net::TcpListener::bind(own_address(79)).await.unwrap();
        let address = listener.local_addr().unwrap();
        server::run(listener, app, async {}).await.unwrap();
        assert!(tokio::net::TcpStream::connect(address).await.is_err(), "nobody listens any more");
    });
}
