//! What must hold of every card, and of the files that are made from the cards.

use std::collections::HashSet;
use std::path::PathBuf;

use assetmock::cli::report;
use assetmock::contract::provider::{Card, Provider};
use assetmock::contract::query::{Param, Reads, Repeated};
use assetmock::contract::variant::Variants;
use assetmock::emulator::load_fixtures;
use assetmock::library::fixture::{self, UsedIds};
use assetmock::providers;
use assetmock::random::Rng;

use crate::dialects::{self, Dialect, pairs, planned};
use crate::support::at;

fn cards() -> Vec<&'static Card> {
    providers::ALL.iter().map(|provider| provider.card()).collect()
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn file(path: &str) -> String {
    std::fs::read_to_string(root().join(path)).unwrap().replace("\r\n", "\n")
}

#[test]
fn names_are_unique_words_of_lower_case_letters() {
    let names: HashSet<_> = cards().iter().map(|card| card.name).collect();
    assert_eq!(names.len(), providers::ALL.len());
    assert!(names.iter().all(|name| !name.is_empty() && name.bytes().all(|b| b.is_ascii_lowercase())), "{names:?}");
    assert!(names.iter().all(|name| providers::named(name).is_some_and(|found| found.card().name == *name)));
}

#[test]
fn no_two_variables_for_clients_are_the_same() {
    let all: Vec<_> = cards().iter().flat_map(|card| [card.client_env.base_url, card.client_env.key]).collect();
    assert_eq!(all.iter().collect::<HashSet<_>>().len(), all.len(), "{all:?}");
    for name in all {
        assert!(!name.starts_with("ASSETMOCK_"), "{name} would be taken for an option");
        assert!(name.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'_'), "{name}");
    }
}

#[test]
fn no_two_providers_share_a_host() {
    let hosts: Vec<_> = cards().iter().flat_map(|card| card.hosts).collect();
    assert_eq!(hosts.iter().collect::<HashSet<_>>().len(), hosts.len(), "{hosts:?}");
    for host in hosts {
        assert!(host.contains('.') && !host.contains([':', '/']) && !host.ends_with('.'), "{host} is a bare host name");
        assert_eq!(host.to_ascii_lowercase(), **host, "hosts are compared in lower case");
    }
}

#[test]
fn where_two_providers_share_a_path_their_keys_differ_in_shape() {
    for (provider, dialect) in pairs() {
        let card = provider.card();
        let sharing = cards().into_iter().filter(|other| other.list() == card.list());
        let claimants: Vec<_> = sharing.filter(|other| (other.auth.looks_like)(dialect.key)).collect();
        assert_eq!(claimants.len(), 1, "the key {} belongs to one provider at {}", dialect.key, card.list());
        assert_eq!(claimants[0].name, card.name);
    }
}

#[test]
fn a_base_url_is_the_beginning_of_the_list_route() {
    for card in cards() {
        assert!(card.list().starts_with('/') && !card.list().ends_with('/'), "{}", card.list());
        assert!(card.list().strip_prefix(card.base).is_some_and(|rest| rest.starts_with('/')), "{}", card.base);
    }
}

#[test]
fn every_list_route_answers_get() {
    for card in cards() {
        let allow = card.allow(card.list());
        let methods: Vec<_> = allow.split(", ").collect();
        assert!(methods.contains(&"GET"), "{}: {methods:?}", card.name);
        assert!(methods.iter().all(|name| name.bytes().all(|b| b.is_ascii_uppercase())), "{methods:?}");
    }
}

#[test]
fn everything_said_of_a_provider_is_a_sentence() {
    for card in cards() {
        let facts = card.facts.iter().map(|fact| fact.says);
        let params = card.params().iter().map(|param| param.about);
        for text in facts.chain(params).chain(card.not_imitated.iter().copied()) {
            assert!(text.len() > 10 && text.trim() == text && text.ends_with('.'), "{}: {text:?}", card.name);
        }
        assert!(!card.facts.is_empty() && !card.not_imitated.is_empty(), "{} says nothing", card.name);
    }
}

#[test]
fn parameter_names_are_unique_and_need_no_escape() {
    for card in cards() {
        let names: HashSet<_> = card.params().iter().map(|param| param.name).collect();
        assert_eq!(names.len(), card.params().len(), "{}", card.name);
        let plain = |name: &&str| name.bytes().all(|b| b.is_ascii_lowercase() || b == b'_');
        assert!(names.iter().all(plain), "{names:?}");
    }
}

/// Documents, warnings and tests are made from what the table says.
#[test]
fn what_variants_change_is_by_default_what_the_table_of_operations_says() {
    for operation in cards().iter().flat_map(|card| card.operations) {
        let Some(varied) = operation.varied else { continue };
        let (params, unknown) = varied(Variants::default());
        let names = |params: &[Param]| params.iter().map(|param| param.name).collect::<Vec<_>>();
        assert_eq!((names(params), unknown), (names(operation.params), operation.unknown), "{}", operation.paths[0]);
    }
}

#[test]
fn defaults_obey_their_own_rule_and_make_a_plan() {
    for provider in providers::ALL.iter().copied() {
        let plan = planned(provider, "").unwrap();
        assert!((1..=200).contains(&plan.limit), "{}: {plan:?}", provider.card().name);
    }
}

#[test]
fn the_samples_name_every_declared_parameter_in_the_order_of_the_table() {
    for (provider, dialect) in pairs() {
        let declared: Vec<_> = provider.card().params().iter().map(|param| param.name).collect();
        let sampled: Vec<_> = dialect.samples.iter().map(|(name, _)| *name).collect();
        assert_eq!(declared, sampled, "{}", dialect.name);
    }
}

#[test]
fn every_parameter_can_be_given_at_once() {
    for (provider, dialect) in pairs() {
        let raw: Vec<_> = dialect.samples.iter().map(|(name, [first, _])| format!("{name}={first}")).collect();
        assert!(planned(provider, &raw.join("&")).is_ok(), "{}: {raw:?}", dialect.name);
    }
}

#[test]
fn every_declared_parameter_changes_the_plan() {
    for (provider, dialect) in pairs() {
        for (name, values) in dialect.samples {
            let [first, second] = values.map(|value| planned(provider, &format!("{name}={value}")));
            assert_ne!(first, second, "{}: {name} is declared and not read", dialect.name);
        }
    }
}

#[test]
fn a_repeated_parameter_counts_as_its_line_says() {
    for (provider, dialect) in pairs() {
        for (param, (name, [a, b])) in provider.card().params().iter().zip(dialect.samples) {
            check_repetition(provider, dialect, param, &format!("{name}={a}"), &format!("{name}={b}"));
        }
    }
}

fn check_repetition(provider: &dyn Provider, dialect: &Dialect, param: &Param, a: &str, b: &str) {
    let both = format!("{a}&{b}");
    let card = provider.card();
    let expected = match param.repeated {
        Repeated::First => planned(provider, a),
        Repeated::Last => planned(provider, b),
        Repeated::All => {
            assert_ne!(planned(provider, &both), planned(provider, a), "{}?{both}", dialect.name);
            return;
        }
        Repeated::Nested => {
            assert!(card.list_operation().read(&both, Variants::default()).is_err(), "{}?{both}", dialect.name);
            return;
        }
    };
    assert_eq!(planned(provider, &both), expected, "{}?{both}", dialect.name);
}

#[test]
fn bounds_are_the_right_way_round_and_hold_the_default() {
    for param in cards().iter().flat_map(|card| card.params()) {
        if let Reads::Integer { read, min, max } = param.reads {
            let default = read(param.default.unwrap_or_else(|| panic!("{} has no default", param.name))).unwrap();
            assert!(min < max && (min..=max).contains(&default), "{}", param.name);
        }
    }
}

#[test]
fn minted_ids_have_the_vendors_shape_and_depend_on_chance_and_time_alone() {
    let born = at("2026-03-18T10:15:00.123456Z");
    for (provider, dialect) in pairs() {
        let rng = Rng::seeded(1);
        let ids: HashSet<_> = (0..5000).map(|_| provider.new_asset_id(rng.next_u128(), born)).collect();
        assert_eq!(ids.len(), 5000, "{} mints an id twice", dialect.name);
        assert!(ids.iter().all(|id| dialect.is_minted(id)), "{}: {:?}", dialect.name, ids.iter().next());
        for entropy in [0, 1, u128::MAX] {
            assert!(dialect.is_minted(&provider.new_asset_id(entropy, born)), "{}", dialect.name);
            assert_eq!(provider.new_asset_id(entropy, born), provider.new_asset_id(entropy, born));
        }
    }
}

#[test]
fn ids_are_minted_for_any_instant() {
    for (provider, dialect) in pairs() {
        for born in [i64::MIN, -1, 0, at("2106-02-07T06:28:16Z"), i64::MAX] {
            let id = provider.new_asset_id(5, born);
            assert!(dialect.is_minted(&id), "{} at {born}: {id}", dialect.name);
        }
    }
}

#[test]
fn minted_ids_are_read_where_they_come_back() {
    let card = providers::named("twelvelabs").unwrap().card();
    let id = providers::twelvelabs::TwelveLabs.new_asset_id(99, at("2026-03-18T10:15:00Z"));
    assert!(id.starts_with("69ba7b24"), "{id} begins with the second of creation");
    let args = card.list_operation().read(&format!("asset_ids={id}"), Variants::default()).unwrap();
    assert_eq!(args.list("asset_ids"), Some(&[id][..]));
}

#[test]
fn there_is_a_dialect_for_every_provider() {
    let spoken: Vec<_> = dialects::ALL.iter().map(|dialect| dialect.name).collect();
    assert_eq!(spoken, providers::names());
}

#[test]
fn fidelity_md_is_what_the_cards_say() {
    let made = report::fidelity(&cards());
    assert!(file("FIDELITY.md") == made, "write it anew: `assetmock providers --fidelity > FIDELITY.md`");
}

#[test]
fn the_published_schema_is_the_formats() {
    let made = fixture::schema();
    assert!(file("fixtures/schema.json") == made, "write it anew: `assetmock fixture schema > fixtures/schema.json`");
}

#[test]
fn every_fixture_in_the_repository_is_read() {
    let wire = providers::names().into_iter().map(|name| format!("tests/wire/{name}/world.json"));
    for path in wire.chain(["tests/sdk/world.json".to_owned()]) {
        fixture::read(&path, &file(&path), providers::known_names(), &mut UsedIds::default())
            .unwrap_or_else(|error| panic!("{error}"));
    }
    for (name, text) in load_fixtures::BUILT_IN {
        fixture::read(name, text, providers::known_names(), &mut UsedIds::default())
            .unwrap_or_else(|error| panic!("{error}"));
    }
    load_fixtures::read(&load_fixtures::DEFAULT.map(str::to_owned)).expect("the default worlds go together");
}
