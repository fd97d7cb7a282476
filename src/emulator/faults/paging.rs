//! Paging faults: what can happen to a client that walks a listing while others write to it, or while its server misbehaves.
//! This file has what needs no store: which request a paging fault applies to, what it does to a plan and to a page, and how
//! likely a vendor is to do that by itself. Making and removing assets between two pages is up to the pipeline.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::contract::asset_list::Position;
use crate::contract::page::Page;
use crate::contract::provider::Card;
use crate::contract::query::{self, Unknown};
use crate::library::selection::AssetQuery;
use crate::random::Rng;

/// What happens between two pages of a walk, or to one of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "PagingFault")]
pub enum PagingFault {
    /// An asset is made in front of the listing, before a page that is not the first. It stays.
    Insert,
    /// An asset of an earlier page is removed, before a page that is not the first. It stays away.
    Remove,
    /// A page that is not the first begins with the last row of the page before. Where offsets say where pages begin,
    /// its own last row moves to the next page, which has it if the fault goes on.
    Repeat,
    /// The rows of a page are left out; its cursor, its totals and whether more follows stand.
    EmptyPage,
    /// A page that is asked for by a cursor is refused, as the vendor refuses a cursor that is none.
    ExpiredCursor,
    /// From the second page on, the total is a few more or fewer than it was.
    ChangingTotal,
}

/// Every paging fault.
pub const ALL: [PagingFault; 6] = [
    PagingFault::Insert,
    PagingFault::Remove,
    PagingFault::Repeat,
    PagingFault::EmptyPage,
    PagingFault::ExpiredCursor,
    PagingFault::ChangingTotal,
];

/// How likely a paging fault is at a vendor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Realism {
    /// Its paging allows it: clients should be ready for it.
    Plausible,
    /// Only a broken server would do it: a test of a client's defences.
    Synthetic,
    /// Its pages have nothing that could go wrong in this way.
    Impossible,
}

/// How likely this vendor is to do it, judged by how its pages are asked for.
pub fn realism(card: &Card, fault: PagingFault) -> Realism {
    use Realism::{Impossible, Plausible, Synthetic};
    let by = card.paging().by;
    match fault {
        // Other clients write whenever they like.
        PagingFault::Insert | PagingFault::Remove => Plausible,
        // One asset more in front moves every later row by one; a place in the order does not move.
        PagingFault::Repeat if by == Position::Keyset => Synthetic,
        PagingFault::Repeat => Plausible,
        // A server that filters what it has read can come to nothing and still know where it stopped. One that counts
        // rows cannot, and where pages announce nothing, an empty one just looks like the end.
        PagingFault::EmptyPage if has_cursors(card) => Plausible,
        PagingFault::EmptyPage => Synthetic,
        // The asset that a cursor points to may be gone; a mere number never goes stale.
        PagingFault::ExpiredCursor if by == Position::Keyset => Plausible,
        PagingFault::ExpiredCursor if has_cursors(card) => Synthetic,
        PagingFault::ExpiredCursor => Impossible,
        // Any write between two pages does it, if there is a total.
        PagingFault::ChangingTotal if card.paging().total => Plausible,
        PagingFault::ChangingTotal => Impossible,
    }
}

fn has_cursors(card: &Card) -> bool {
    matches!(card.paging().by, Position::OffsetCursor | Position::Keyset)
}

impl PagingFault {
    /// The word in JSON.
    pub fn word(self) -> &'static str {
        match self {
            PagingFault::Insert => "insert",
            PagingFault::Remove => "remove",
            PagingFault::Repeat => "repeat",
            PagingFault::EmptyPage => "empty_page",
            PagingFault::ExpiredCursor => "expired_cursor",
            PagingFault::ChangingTotal => "changing_total",
        }
    }

    /// Whether it can apply to this request. All but the empty page need a page before; requests for others are not even
    /// counted by a rule, so that "the next one" is the next one it can apply to.
    pub fn concerns(self, card: &Card, query: &str) -> bool {
        self == PagingFault::EmptyPage || follows_another(card, query)
    }

    /// What it does to the question for a page.
    pub fn alter_query(self, plan: &mut AssetQuery) {
        plan.overlap |= self == PagingFault::Repeat;
    }

    /// What it does to the page.
    pub fn alter_page(self, page: &mut Page, rng: &Rng) {
        match self {
            PagingFault::EmptyPage => page.hidden = true,
            PagingFault::ChangingTotal => page.total = changed_total(page.total, rng),
            PagingFault::Insert | PagingFault::Remove | PagingFault::Repeat | PagingFault::ExpiredCursor => {}
        }
    }
}

/// Whether the request asks for a page that is not the first: its position is not the one that an absent one means.
pub fn follows_another(card: &Card, query: &str) -> bool {
    let Some(position) = card.params().iter().find(|param| param.name == card.paging().position) else { return false };
    let read = |query| query::read(&[*position], Unknown::Ignored, query);
    read(query).is_ok_and(|asked| read("").is_ok_and(|first| asked != first))
}

/// A total that has moved by one, two or three.
fn changed_total(total: u64, rng: &Rng) -> u64 {
    let by = 1 + rng.below(3);
    if rng.below(2) == 0 { total.checked_sub(by).unwrap_or(total + by) } else { total.saturating_add(by) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::providers;

    fn card(name: &str) -> &'static Card {
        providers::named(name).unwrap().card()
    }

    #[test]
    fn a_page_follows_another_unless_it_is_the_first_however_that_is_said() {
        for (name, first, later) in [
            ("xqr", &["", "offset=0", "limit=5"][..], &["offset=1", "limit=5&offset=20"][..]),
            ("flora", &["", "cursor=", "cursor=eyJvZmZzZXQiOjB9"], &["cursor=eyJvZmZzZXQiOjIwfQ"]),
            ("twelvelabs", &["", "page=1"], &["page=2"]),
            ("piktid", &["", "page=1", "page=0"], &["page=2"]),
            ("konpro", &["", "token="], &["token=eyJjcmVhdGVkX3VzIjoxLCJpZCI6ImEifQ"]),
        ] {
            assert!(first.iter().all(|query| !follows_another(card(name), query)), "{name}");
            assert!(later.iter().all(|query| follows_another(card(name), query)), "{name}");
            assert!(
                !follows_another(card(name), &format!("{}=%", card(name).paging().position)),
                "{name}: no page at all"
            );
        }
    }

    #[test]
    fn what_can_happen_follows_from_how_pages_are_asked_for() {
        use Realism::{Impossible, Plausible, Synthetic};
        let all = |name| ALL.map(|fault| realism(card(name), fault));
        assert_eq!(all("xqr"), [Plausible, Plausible, Plausible, Synthetic, Impossible, Impossible]);
        assert_eq!(all("flora"), [Plausible, Plausible, Plausible, Plausible, Synthetic, Plausible]);
        assert_eq!(all("twelvelabs"), [Plausible, Plausible, Plausible, Synthetic, Impossible, Plausible]);
        assert_eq!(all("piktid"), all("twelvelabs"));
        assert_eq!(all("konpro"), [Plausible, Plausible, Synthetic, Plausible, Plausible, Impossible]);
    }

    #[test]
    fn a_total_always_moves_and_never_far() {
        let rng = Rng::seeded(7);
        for total in [0, 1, 2, 3, 100].repeat(50) {
            let changed_total = changed_total(total, &rng);
            assert!(changed_total != total && changed_total.abs_diff(total) <= 3, "{total} to {changed_total}");
        }
    }
}
