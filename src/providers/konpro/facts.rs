//! What is known of KonPro, and how surely.

use crate::contract::evidence::Fact;

/// What it does.
pub const FACTS: &[Fact] = &[
    Fact::documented(
        "`GET /v1/asset/list` with `x-api-key`; filters `folder_id` and `file_type`; pages by `token` and `limit` up to 100.",
    ),
    Fact::documented(
        "`assets`, `token`, `has_more`; six fields in fixed order; `folder_id` is `\"\"` at the root; `created_ts` is in Unix seconds; `url` is null unless stored.",
    ),
    Fact::documented("On the last page `token` is null."),
    Fact::documented("Errors are `{\"error\":{code,message,details?},\"request_id\"}`."),
    Fact::documented(
        "`DELETE /v1/asset/{asset_id}` is 200 with `asset_id`, `status`, `message` and `deleted_at`, in whole seconds with `Z`; an unknown id is 404.",
    ),
    Fact::client("A missing key is `MISSING_API_KEY`, any other that is not live `INVALID_API_KEY`."),
    Fact::inferred(
        "A token is base64url without padding of the position in the listing, and holds no filters: those of the current request apply.",
    ),
    Fact::inferred("`has_more` is decided by looking one asset ahead, so a full last page announces nothing."),
    Fact::inferred(
        "Only the maximum of `limit` is documented. The default page holds 100, as in a sibling list; `limit=0` means the default; above 100, below 0 or not an integer as Pydantic's lax mode reads it (`005`, ` 5 `, `+5`, `5.0`, `1_0`) is 400 `VALIDATION_ERROR`.",
    ),
    Fact::inferred(
        "Empty parameters count as absent, of repeated ones the last counts, unknown ones are ignored; an unknown folder or type finds nothing.",
    ),
    Fact::inferred(
        "Newest first, of equals the greater id; only what is ready is listed, and no documents; what is in or below a trashed folder is hidden.",
    ),
    Fact::inferred(
        "Only the first bad parameter is reported, in the order of the table; the `reason` sentences are ours.",
    ),
    Fact::inferred("Request ids are `req-` and six digits; the scope is `read`, only for keys that have scopes."),
    Fact::inferred(
        "Deleting needs the scope `write`, only of keys that have scopes; the 404 has the code and sentence of any other, for a second delete and for what the list never shows (documents, what is not ready) too. What is in a trashed folder can be deleted.",
    ),
    Fact::inferred(
        "Order of checks: route and method (404, 405 and redirects need no key), key, scope, rate limit, parameters.",
    ),
    Fact::inferred(
        "404 and 405 wear the envelope; a slash behind the route is 307 to the one without, with the connection's scheme, or the one that a proxy on this machine or in a private network forwards; HEAD and OPTIONS are 405.",
    ),
    Fact::inferred(
        "The 100 a minute of the overview page are enforced only for keys with strict limits; 429 carries `Retry-After`, which is ours.",
    ),
    Fact::inferred(
        "Imported: any `file_type` is listed, since the documents end their list with `etc.`, but for `document` and `other`, which are refused; the MIME type that other vendors show follows from the name where it agrees with the type.",
    ),
    Fact::inferred(
        "Of the failures that only faults inject, 503 is documented and so is `SERVICE_UNAVAILABLE`, but not that they belong together; 422 and `NOT_FOUND` are the SDK's.",
    ),
];

/// What it has that is left out on purpose.
pub const NOT_IMITATED: &[&str] = &[
    "`upload.konpro.ai` takes uploads and lists nothing; here it answers as `api.konpro.ai` does, whose route the list is.",
    "The bare answers of its framework (422 and `detail`) and the other envelopes its SDK knows.",
];
