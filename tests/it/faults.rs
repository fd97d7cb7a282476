//! Failures by name and the paging faults, for every provider, without a socket: values in, values out.

use std::collections::HashSet;
use std::sync::Arc;

use assetmock::contract::context::Context;
use assetmock::contract::failure::Failure;
use assetmock::contract::provider::Provider;
use assetmock::contract::query;
use assetmock::contract::quota::Counts;
use assetmock::contract::variant::Variants;
use assetmock::emulator::app::App;
use assetmock::emulator::faults::{AppliedFault, FaultPlan, PagingFault, Realism, RetryAfter, named, names, realism};
use assetmock::emulator::faults::{Effect, paging};
use assetmock::http::reply::Reply;
use assetmock::library::limits::KeyLimits;
use assetmock::random::Rng;

use crate::dialects::{self, Dialect, pairs, planned};
use crate::support::{Answer, NOON, app, block_on, page};
use crate::worlds::{VISIBLE, world};

fn cx(counts: &Counts) -> Context<'_> {
    Context {
        now: 0,
        entropy: 7,
        key: None,
        counts,
        variants: Variants::default(),
        origin: None,
        signed_workspace: None,
        url_signer: None,
    }
}

#[test]
fn every_failure_of_every_provider_wears_its_envelope() {
    for (provider, dialect) in pairs() {
        let card = provider.card();
        for name in names(card) {
            let failure = named(card, None, &name, KeyLimits::Default, 0, None).unwrap();
            let reply = provider.refusal(&failure, &cx(&Counts::default()));
            let text = String::from_utf8(reply.body.whole().into_owned()).unwrap();
            assert!(dialect.is_refusal(&text), "{} {name}: {text}", dialect.name);
            if let Failure::Injected(injected) = failure {
                assert_eq!(reply.status.as_u16(), injected.status, "{} {name}", dialect.name);
                assert!(
                    text.contains(injected.code) && text.contains(injected.message),
                    "{} {name}: {text}",
                    dialect.name
                );
            }
        }
    }
}

#[test]
fn failures_that_all_share_have_the_status_that_all_expect() {
    for (provider, dialect) in pairs() {
        for (name, status) in [
            ("missing_key", 401),
            ("malformed_key", 401),
            ("invalid_key", 401),
            ("revoked_key", 401),
            ("expired_key", 401),
            ("missing_scope", 403),
            ("not_found", 404),
            ("wrong_method", 405),
            ("invalid_request", 400),
            ("rate_limited", 429),
            ("server_error", 500),
            ("unavailable", 503),
        ] {
            let failure = named(provider.card(), None, name, KeyLimits::Default, 0, None).unwrap();
            let reply = provider.refusal(&failure, &cx(&Counts::default()));
            assert_eq!(reply.status.as_u16(), status, "{} {name}", dialect.name);
        }
    }
}

#[test]
fn injected_failures_are_sentences_with_a_status_of_their_own() {
    for (provider, _) in pairs() {
        for injected in provider.card().injected_failures {
            assert!((400..600).contains(&injected.status), "{injected:?}");
            assert!(injected.name.bytes().all(|b| b.is_ascii_lowercase() || b == b'_'), "{injected:?}");
            assert!(!injected.message.is_empty() && !injected.message.contains(['|', '{']), "{injected:?}");
        }
    }
}

#[test]
fn a_used_up_quota_tells_its_wait_where_the_vendor_does() {
    for (provider, dialect) in pairs() {
        let failure =
            named(provider.card(), None, "rate_limited", KeyLimits::Default, 0, Some(RetryAfter::Seconds(9))).unwrap();
        let reply = provider.refusal(&failure, &cx(&Counts::default()));
        let told = reply.headers.get("retry-after").map(|value| value.to_str().unwrap());
        assert_eq!(told, (dialect.name != "piktid").then_some("9"), "{}", dialect.name);
    }
}

/// A library of twelve assets whose paging has a fault.
struct AlteredLibrary {
    app: Arc<App>,
    script: FaultPlan,
    rng: Rng,
}

impl AlteredLibrary {
    fn by(provider: &dyn Provider, fault: Option<PagingFault>) -> AlteredLibrary {
        let applied = fault.map(|fault| AppliedFault { id: None, effect: Effect::Paging(fault), retry_after: None });
        let rng = Rng::seeded(7);
        let script = FaultPlan::of(applied.as_slice(), provider.card(), None, KeyLimits::Default, 0, &rng);
        AlteredLibrary { app: Arc::new(block_on(app(&world(), NOON))), script, rng }
    }

    /// The page asked for, through the stages of the pipeline that a paging fault has to do with.
    fn page(&self, provider: &dyn Provider, raw: &str) -> Answer {
        let card = provider.card();
        let args = card.list_operation().read(raw, Variants::default()).unwrap();
        let applies = self.script.paging.is_some_and(|fault| fault.concerns(card, raw));
        let refused = self.script.refused_cursor(card).filter(|_| applies);
        let reply = match refused {
            Some(failure) => provider.refusal(&failure, &cx(&Counts::default())),
            None => self.shown(provider, raw, &args, applies),
        };
        let Reply { status, body, .. } = reply;
        Answer {
            status: status.as_u16(),
            status_line: String::new(),
            headers: Vec::new(),
            body: body.whole().into_owned(),
        }
    }

    fn shown(&self, provider: &dyn Provider, raw: &str, args: &query::Args, applies: bool) -> Reply {
        let mut plan = planned(provider, raw).unwrap();
        if applies {
            self.script.alter_query(&mut plan);
        }
        let mut page = page(&self.app, provider, dialects::of(provider.card().name).key, &plan);
        if applies {
            self.script.alter_page(&mut page, &self.rng);
        }
        let list = provider.card().asset_list();
        (list.answer)(&(list.page)(&page, args), &cx(&Counts::default()))
    }
}

/// The first two pages of five, where the second is altered.
fn two_pages(provider: &dyn Provider, dialect: &Dialect, fault: PagingFault) -> [Answer; 2] {
    let altered = AlteredLibrary::by(provider, Some(fault));
    let size = format!("{}=5", dialect.size);
    let first = altered.page(provider, &size);
    let next = (dialect.next)(&first.json(), 5, 5).unwrap();
    let second = altered.page(provider, &format!("{size}&{next}"));
    [first, second]
}

fn possible(fault: PagingFault) -> impl Iterator<Item = (&'static dyn Provider, &'static Dialect)> {
    pairs().filter(move |(provider, _)| realism(provider.card(), fault) != Realism::Impossible)
}

#[test]
fn a_row_at_the_boundary_is_repeated() {
    for (provider, dialect) in possible(PagingFault::Repeat) {
        let [first, second] = two_pages(provider, dialect, PagingFault::Repeat).map(|answer| dialect.ids(&answer));
        assert_eq!((first.len(), second.len()), (5, 5), "{}", dialect.name);
        assert_eq!(first.last(), second.first(), "{}", dialect.name);
    }
}

#[test]
fn a_walk_on_which_rows_are_repeated_all_along_misses_none_and_ends() {
    for (provider, dialect) in possible(PagingFault::Repeat) {
        let plain = AlteredLibrary::by(provider, None);
        let whole = dialect.ids(&plain.page(provider, &format!("{}=50", dialect.size)));
        let altered = AlteredLibrary::by(provider, Some(PagingFault::Repeat));
        for size in [2, 3, 4, 5, 11, 12] {
            let met = dialect.walk(|raw| altered.page(provider, raw), size, "");
            let unique: HashSet<_> = met.iter().collect();
            assert_eq!((unique.len(), whole.len()), (VISIBLE, VISIBLE), "{} in pages of {size}", dialect.name);
            assert!(met.len() > VISIBLE || size >= VISIBLE, "{} in pages of {size} repeats nothing", dialect.name);
        }
    }
}

#[test]
fn an_empty_page_announces_what_the_full_one_does() {
    for (provider, dialect) in possible(PagingFault::EmptyPage) {
        let full = AlteredLibrary::by(provider, None).page(provider, &format!("{}=5", dialect.size));
        let empty =
            AlteredLibrary::by(provider, Some(PagingFault::EmptyPage)).page(provider, &format!("{}=5", dialect.size));
        assert_eq!((dialect.ids(&full).len(), dialect.ids(&empty).len()), (5, 0), "{}", dialect.name);
        let without_rows = |answer: &Answer| {
            let mut body = answer.json();
            *body.pointer_mut(dialect.rows).unwrap() = serde_json::Value::Null;
            body
        };
        assert_eq!(without_rows(&full), without_rows(&empty), "{}", dialect.name);
    }
}

#[test]
fn an_expired_cursor_is_refused_like_one_that_is_none() {
    let refused: Vec<_> = possible(PagingFault::ExpiredCursor)
        .map(|(provider, dialect)| {
            let [first, second] = two_pages(provider, dialect, PagingFault::ExpiredCursor);
            assert_eq!((first.status, second.status), (200, 400), "{}", dialect.name);
            assert!(dialect.is_refusal(second.text()), "{}", second.text());
            second.text().to_owned()
        })
        .collect();
    assert!(refused[0].contains(r#""fields":[{"field":"cursor","message":"Invalid cursor."}]"#), "{}", refused[0]);
    assert!(
        refused[1].contains(r#""details":{"field":"token","reason":"Invalid pagination token"}"#),
        "{}",
        refused[1]
    );
}

#[test]
fn a_total_is_another_on_the_second_page() {
    for (provider, dialect) in possible(PagingFault::ChangingTotal) {
        let total = |answer: Answer| {
            let body = answer.json();
            let places = ["/meta/total_estimate", "/page_info/total_results", "/pagination/total"];
            places.iter().find_map(|place| body.pointer(place)?.as_u64()).unwrap()
        };
        let [first, second] = two_pages(provider, dialect, PagingFault::ChangingTotal).map(total);
        assert_eq!(first, VISIBLE as u64, "{}", dialect.name);
        assert!(second != first && second.abs_diff(first) <= 3, "{}: {first}, then {second}", dialect.name);
    }
}

#[test]
fn a_paging_fault_alters_no_first_page() {
    for (provider, dialect) in pairs() {
        let plain = AlteredLibrary::by(provider, None).page(provider, &format!("{}=5", dialect.size));
        for fault in paging::ALL.into_iter().filter(|fault| *fault != PagingFault::EmptyPage) {
            let altered = AlteredLibrary::by(provider, Some(fault)).page(provider, &format!("{}=5", dialect.size));
            assert_eq!(altered.text(), plain.text(), "{} {fault:?}", dialect.name);
        }
    }
}
