//! Paging faults: what can happen to a client that reads a listing page by page while others write to it, or while the
//! server misbehaves. This file has the parts that need no store: which requests a paging fault applies to, how it
//! changes a query and a page, and how likely it is at a vendor. The pipeline inserts and removes assets between two
//! pages.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::contract::asset_list::Position;
use crate::contract::page::Page;
use crate::contract::provider::Card;
use crate::contract::query::{self, Unknown};
use crate::library::selection::AssetQuery;
use crate::random::Rng;

/// A change between two pages of a listing, or to one of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "PagingFault")]
pub enum PagingFault {
    /// An asset is added at the beginning of the listing, before a page that is not the first. It stays there.
    Insert,
    /// The first asset of the listing is removed, before a page that is not the first. It is not restored.
    Remove,
    /// A page that is not the first begins with the last asset of the page before. Where pages are requested by offset,
    /// its own last asset moves to the next page, which shows it if the fault applies there too.
    Repeat,
    /// A page has no assets, while its cursor and totals are unchanged.
    EmptyPage,
    /// A request with a cursor is refused as if the cursor were invalid.
    ExpiredCursor,
    /// From the second page on, the total is a few more or fewer than it should be.
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

/// Whether a vendor's real service could have a paging fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Realism {
    /// The vendor's paging allows it, so clients should handle it.
    Plausible,
    /// Only a broken server would do it.
    Synthetic,
    /// The vendor's pages have nothing that it could affect.
    Impossible,
}

/// Whether this vendor's real service could have this fault, judged by how its pages are requested.
pub fn realism(card: &Card, fault: PagingFault) -> Realism {
    use Realism::{Impossible, Plausible, Synthetic};
    let by = card.paging().by;
    match fault {
        // Other clients can write at any time.
        PagingFault::Insert | PagingFault::Remove => Plausible,
        // A new first asset moves every offset by one. A keyset cursor's position does not move.
        PagingFault::Repeat if by == Position::Keyset => Synthetic,
        PagingFault::Repeat => Plausible,
        // A server that filters the rows after reading them can have none left and still return a cursor. Without
        // cursors, an empty page just looks like the end.
        PagingFault::EmptyPage if has_cursors(card) => Plausible,
        PagingFault::EmptyPage => Synthetic,
        // The asset that a keyset cursor names may have been removed. An offset never becomes invalid.
        PagingFault::ExpiredCursor if by == Position::Keyset => Plausible,
        PagingFault::ExpiredCursor if has_cursors(card) => Synthetic,
        PagingFault::ExpiredCursor => Impossible,
        // Any write between two pages changes the total, if pages have one.
        PagingFault::ChangingTotal if card.paging().total => Plausible,
        PagingFault::ChangingTotal => Impossible,
    }
}

fn has_cursors(card: &Card) -> bool {
    matches!(card.paging().by, Position::OffsetCursor | Position::Keyset)
}

impl PagingFault {
    /// The name in JSON.
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

    /// Whether it can apply to this request. All but the empty page apply only after the first page. A rule does not
    /// count requests that its fault cannot apply to, so `{"next": 1}` means the next request that it can apply to.
    pub fn concerns(self, card: &Card, query: &str) -> bool {
        self == PagingFault::EmptyPage || follows_another(card, query)
    }

    /// Changes the query for a page.
    pub fn alter_query(self, plan: &mut AssetQuery) {
        plan.overlap |= self == PagingFault::Repeat;
    }

    /// Changes the page.
    pub fn alter_page(self, page: &mut Page, rng: &Rng) {
        match self {
            PagingFault::EmptyPage => page.hidden = true,
            PagingFault::ChangingTotal => page.total = changed_total(page.total, rng),
            PagingFault::Insert | PagingFault::Remove | PagingFault::Repeat | PagingFault::ExpiredCursor => {}
        }
    }
}

/// Whether the request is for a page after the first: its position differs from the default.
pub fn follows_another(card: &Card, query: &str) -> bool {
    let Some(position) = card.params().iter().find(|param| param.name == card.paging().position) else { return false };
    let read = |query| query::read(&[*position], Unknown::Ignored, query);
    read(query).is_ok_and(|asked| read("").is_ok_and(|first| asked != first))
}

/// The total plus or minus one, two or three.
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
    fn the_first_page_is_recognized_however_it_is_requested() {
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
    fn realism_depends_on_how_pages_are_requested() {
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
