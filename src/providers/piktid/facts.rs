//! What is known of PiktID, and how surely.

use crate::contract::evidence::Fact;

/// What it does.
pub const FACTS: &[Fact] = &[
    Fact::documented(
        "`GET /assets` with `Authorization: Bearer <token>`; the eleven parameters with their types, bounds and defaults.",
    ),
    Fact::documented(
        "`pagination` (page, per_page, total, pages, has_next, has_prev), then `assets` with twelve fields in fixed order, absent ones null.",
    ),
    Fact::documented(
        "`include_tags` needs all of its tags, `exclude_tags` none; both know model, product, background, other.",
    ),
    Fact::documented("Validation errors are `{\"error\":\"Invalid request\",\"detail\":[{field,message,position}]}`."),
    Fact::documented(
        "Visibility is private, shared with the group, or default for what the platform provides; `dimensions` is `[width, height]`.",
    ),
    Fact::documented("`GET /assets/{asset_id}` shows the bare object, with all twelve fields of the list."),
    Fact::client("401 for a token that is missing, malformed, unknown, revoked or expired."),
    Fact::inferred(
        "Validation is 400: the order of the documented responses says so. Messages, coercion and dates are Pydantic v2's.",
    ),
    Fact::inferred(
        "Of a repeated parameter the first counts; unknown ones are ignored; empty tag lists and an empty `created_by` filter nothing.",
    ),
    Fact::inferred(
        "A page below 1 counts as 1; a page beyond the end is 200 and empty; numbers of any length are echoed.",
    ),
    Fact::inferred(
        "Without `ownership`: one's own assets whatever their visibility, as `mine` has them, and shared ones; of the platform's, none that another brought. `shared` has one's own shared ones too.",
    ),
    Fact::inferred("Bounds of time are inclusive; times without an offset are UTC."),
    Fact::inferred(
        "`search` is one text anywhere in name, project name or the four tags, whatever the case; names sort byte by byte.",
    ),
    Fact::inferred("Equals are decided by `id`, in the direction of the sort. Only ready images are listed."),
    Fact::inferred(
        "`created_at` has six digits, none when they are zero, and `+00:00`, as Python's isoformat writes it.",
    ),
    Fact::inferred(
        "401 is `{\"error\":\"Unauthorized\"}` with `WWW-Authenticate`; 404, 405, 429 and 500 have the same shape.",
    ),
    Fact::inferred("Order of checks: route and method (404 and 405 need no key), key, rate limit, parameters."),
    Fact::inferred(
        "HEAD is answered like GET, OPTIONS with 200 and `Allow` and without a key, as Flask does; a slash behind the route is another route.",
    ),
    Fact::inferred("An asset without a name shows its id; one without a URL shows one on a host that nobody owns."),
    Fact::inferred(
        "Imported: an asset without `visibility` counts as shared; of equal times each is a microsecond after the one below it.",
    ),
    Fact::inferred(
        "A single asset is found if one of the three ownerships lists it: one's own, shared ones, and the platform's. All others, teammates' private ones and what is no ready image among them, are 404 `Asset not found`.",
    ),
    Fact::inferred(
        "Of the failures that only faults inject, the text of the 409 and the whole 503 are ours, and the 402 leaves out `required_credits`.",
    ),
];

/// What it has that is left out on purpose.
pub const NOT_IMITATED: &[&str] = &[
    "A few oddities of Pydantic: two underscores in a row in a number, the year 0, numbers of more than 4,300 digits.",
];
