//! Bad values, made from the tables of parameters: each line of a table says what must be refused, and nothing here
//! says it a second time. The exact sentences are in `tests/wire/<provider>/bad-input.tsv`.

use std::rc::Rc;

use assetmock::contract::provider::Card;
use assetmock::contract::query::{Empty, Param, Reads, Repeated, Unknown};
use assetmock::contract::variant::Variants;

use crate::dialects::{Dialect, pairs};
use crate::support::{Answer, Server};
use crate::worlds::world;

/// Encodes what cannot stand in a query string as it is.
fn encoded(text: &str) -> String {
    form_urlencoded::byte_serialize(text.as_bytes()).collect()
}

/// The values that this line of a table refuses.
fn refused_values(param: &Param) -> Vec<String> {
    let given: Vec<String> = match param.reads {
        Reads::Text => Vec::new(),
        Reads::Parsed(_) => vec!["!!!".to_owned(), "\u{0}".to_owned()],
        Reads::OneOf(words) => vec!["nope".to_owned(), words[0].to_uppercase(), format!("{} ", words[0])],
        Reads::Integer { min, max, .. } => {
            let beyond =
                [min.checked_sub(1), max.checked_add(1)].into_iter().flatten().map(|number| number.to_string());
            let unread = ["abc", "1.5", "--1", "1 2", "1,2", "٣", "1\u{0}", "null"].map(str::to_owned);
            beyond.chain(unread).collect()
        }
    };
    given.into_iter().chain(refuses_emptiness(param).then(String::new)).collect()
}

fn refuses_emptiness(param: &Param) -> bool {
    let unreadable = match param.reads {
        Reads::Text => false,
        Reads::OneOf(_) => true,
        Reads::Parsed(read) => read("").is_err(),
        Reads::Integer { read, min, max } => read("").map_or(true, |number| number < min || number > max),
    };
    param.empty == Empty::Value && unreadable
}

struct Client {
    server: Rc<Server>,
    dialect: &'static Dialect,
    card: &'static Card,
}

impl Client {
    /// One for every provider, with a key that has no limits.
    fn all() -> impl Iterator<Item = Client> {
        let server = Rc::new(Server::start(&world()));
        pairs().map(move |(provider, dialect)| Client { server: server.clone(), dialect, card: provider.card() })
    }

    fn get(&self, query: &str) -> Answer {
        self.server.get(&self.dialect.target(query), &[&self.dialect.auth("_off")])
    }

    fn refuses(&self, query: &str) -> Answer {
        let answer = self.get(query);
        assert_eq!(answer.status, 400, "{}?{query}: {}", self.dialect.name, answer.text());
        assert!(self.dialect.is_refusal(answer.text()), "{}?{query}: {}", self.dialect.name, answer.text());
        assert_eq!(answer.header("content-type"), Some("application/json"));
        answer
    }

    fn accepts(&self, query: &str) -> Answer {
        let answer = self.get(query);
        assert_eq!(answer.status, 200, "{}?{query}: {}", self.dialect.name, answer.text());
        assert!(self.dialect.is_page(answer.text()), "{}?{query}: {}", self.dialect.name, answer.text());
        answer
    }

    /// A value that the parameter accepts.
    fn good(&self, param: &Param) -> String {
        let (_, [first, _]) = self.dialect.samples.iter().find(|(name, _)| *name == param.name).unwrap();
        (*first).to_owned()
    }
}

#[test]
fn what_a_line_of_the_table_refuses_is_400_and_names_the_parameter() {
    for client in Client::all() {
        for param in client.card.params() {
            for value in refused_values(param) {
                let answer = client.refuses(&format!("{}={}", param.name, encoded(&value)));
                assert!(answer.text().contains(param.name), "{value:?}: {}", answer.text());
            }
        }
    }
}

#[test]
fn a_name_may_be_percent_encoded_like_a_value() {
    for client in Client::all() {
        for param in client.card.params() {
            for value in refused_values(param).iter().take(1) {
                let name = format!("%{:02x}{}", param.name.as_bytes()[0], &param.name[1..]);
                client.refuses(&format!("{name}={}", encoded(value)));
            }
        }
    }
}

#[test]
fn both_bounds_are_allowed() {
    for client in Client::all() {
        for param in client.card.params() {
            if let Reads::Integer { min, max, .. } = param.reads {
                client.accepts(&format!("{}={min}", param.name));
                client.accepts(&format!("{}={max}", param.name));
            }
        }
    }
}

#[test]
fn an_empty_value_that_counts_as_absent_changes_nothing() {
    for client in Client::all() {
        let plain = client.dialect.rows(&client.get(""));
        for param in client.card.params().iter().filter(|param| param.empty == Empty::Absent) {
            for query in [format!("{}=", param.name), param.name.to_owned()] {
                assert_eq!(client.dialect.rows(&client.accepts(&query)), plain, "{}?{query}", client.dialect.name);
            }
        }
    }
}

#[test]
fn of_a_repeated_parameter_the_bad_value_hurts_only_where_it_counts() {
    for client in Client::all() {
        for param in client.card.params() {
            let Some(bad) = refused_values(param).into_iter().next().map(|bad| encoded(&bad)) else { continue };
            let (name, good) = (param.name, client.good(param));
            let good_first = format!("{name}={good}&{name}={bad}");
            let bad_first = format!("{name}={bad}&{name}={good}");
            let (refused, accepted) = match param.repeated {
                Repeated::First => (vec![bad_first], vec![good_first]),
                Repeated::Last => (vec![good_first], vec![bad_first]),
                Repeated::All => (vec![good_first, bad_first], vec![format!("{name}={good}&{name}={good}")]),
                Repeated::Nested => (vec![good_first, bad_first, format!("{name}={good}&{name}={good}")], vec![]),
            };
            refused.iter().for_each(|query| drop(client.refuses(query)));
            accepted.iter().for_each(|query| drop(client.accepts(query)));
        }
    }
}

#[test]
fn a_stranger_among_the_parameters_is_treated_as_the_card_says() {
    for client in Client::all() {
        for query in ["zzz=1", "zzz", "zzz=", "Limit=0", "limit%20=0", "=0", "nobody[]=0"] {
            match client.card.list_operation().unknown {
                Unknown::Ignored => drop(client.accepts(query)),
                Unknown::Refused => drop(client.refuses(query)),
            }
        }
    }
}

#[test]
fn several_bad_values_make_one_refusal_that_begins_with_the_tables_first() {
    for client in Client::all() {
        let bad = client.card.params().iter().filter_map(|param| Some((param.name, refused_values(param).pop()?)));
        let pairs: Vec<_> = bad.map(|(name, value)| format!("{name}={}", encoded(&value))).collect();
        let forwards = client.refuses(&pairs.join("&"));
        let first = pairs[0].split('=').next().unwrap();
        assert!(forwards.text().contains(first), "{}: {}", client.dialect.name, forwards.text());
    }
}

/// The tables are the only truth: whatever they say of a query string is what the wire says.
#[test]
fn every_pair_of_values_is_refused_exactly_if_the_table_refuses_it() {
    for client in Client::all() {
        let values = |param: &Param| [client.good(param), String::new(), "!!!".to_owned()];
        for pair in client.card.params().windows(2) {
            for (a, b) in values(&pair[0]).into_iter().flat_map(|a| values(&pair[1]).map(|b| (a.clone(), b))) {
                let query = format!("{}={}&{}={}", pair[1].name, encoded(&b), pair[0].name, encoded(&a));
                let refused = client.card.list_operation().read(&query, Variants::default()).is_err();
                match client.get(&query).status {
                    400 => assert!(refused, "{}?{query}", client.dialect.name),
                    status => assert!(!refused, "{}?{query}: {status}", client.dialect.name),
                }
            }
        }
    }
}
