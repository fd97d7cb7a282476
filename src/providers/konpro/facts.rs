//! What we know about KonPro, and how surely.

use crate::contract::evidence::Fact;

/// What it does.
pub const FACTS: &[Fact] = &[
    Fact::documented(
        "`GET /v1/asset/list` with `x-api-key`; filters `folder_id` and `file_type`; pages by `token` and `limit` up to 100.",
    ),
    Fact::documented(
        "`assets`, `token`, `has_more`; six fields in fixed order; `folder_id` is `\"\"` at the root; `created_ts` is in Unix seconds; `url` is null unless stored; that of an asset whose bytes were given is ours (inferred).",
    ),
    Fact::documented("On the last page `token` is null."),
    Fact::documented("Errors are `{\"error\":{code,message,details?},\"request_id\"}`."),
    Fact::documented(
        "`DELETE /v1/asset/{asset_id}` is 200 with `asset_id`, `status`, `message` and `deleted_at`, in whole seconds with `Z`; an unknown id is 404.",
    ),
    Fact::documented(
        "`POST https://upload.konpro.ai/v1/asset` takes the bytes of a file as its body and answers `id`, `name`, `file_type`, `folder_id`, `meta` and, for images, `image_key`. It accepts `image/jpeg`, `image/png`, `video/mp4`, `video/webm` and `audio/mpeg`. Each of KonPro's hosts has every route here.",
    ),
    Fact::inferred(
        "An upload is 200 and ready at once. Its name is `?name=` as it was sent, with its folders, else its id, and its folder `?folder_id=`, else the root; a folder that does not exist is 404. The type is that of the bytes where they are recognised, else that of the request. `meta` has `size`, for images `width` and `height` where the bytes say them, and `format`. No size is too large until the stored bytes reach their limit, which is 507 `PROCESSING_ERROR`; `image_key` follows from the id, and no route takes it.",
    ),
    Fact::inferred(
        "An upload without bytes, or of another type, is 400 `VALIDATION_ERROR` with `details` of ours; it needs the scope `write`, only of keys that have scopes.",
    ),
    Fact::documented(
        "`GET /v1/folders` lists folders, `POST /v1/folders/create` creates one, `POST /v1/folders/{folder_id}` renames it, and `…/trash` moves it into the trash with all that is in it. Ids are `id` in the list and `folder_id` elsewhere, `parent_id` is null at the root, and times are whole seconds with `Z`.",
    ),
    Fact::documented(
        "A folder that is created without a name is called `test`. Names are unique within one parent; a name that is taken is 400 `INVALID_REQUEST`, with a `reason` of ours (inferred).",
    ),
    Fact::documented(
        "A field of the body that is missing or wrong is 400 `INVALID_REQUEST` with `details`; the variant `validation_status=422` makes it 422 `VALIDATION_ERROR` (inferred). A body that is no JSON object has no `details` (inferred).",
    ),
    Fact::documented(
        "`POST /v1/api-keys/validate` needs no body and is about the key in `x-api-key`: `valid`, `key_id`, `scopes`, `metadata`, `expires_at`.",
    ),
    Fact::client(
        "`POST /v1/api-keys/` validates the key in `x-api-key`, too, and needs no body: `data`, with `valid`, `key` and `message`, and `meta`. `key` has `user_id`, `name`, `scopes`, `rate_limit`, `rate_limit_window`, `expires_at`, `is_active`, `id`, `key`, `prefix`, `last_used_at`, `last_used_ip`, `request_count`, `key_metadata`, `created_at` and `updated_at`.",
    ),
    Fact::client("A missing key is `MISSING_API_KEY`; any other key that is not live is `INVALID_API_KEY`."),
    Fact::inferred(
        "A token is base64url without padding of the position in the listing, and holds no filters: those of the current request apply.",
    ),
    Fact::inferred(
        "`has_more` is decided by looking one asset ahead, so a full last page does not announce another one.",
    ),
    Fact::inferred(
        "Only the maximum of `limit` is documented. The default page holds 100, as in a sibling list; `limit=0` means the default; above 100, below 0 or not an integer as Pydantic's lax mode reads it (`005`, ` 5 `, `+5`, `5.0`, `1_0`) is 400 `VALIDATION_ERROR`.",
    ),
    Fact::inferred(
        "Empty parameters count as absent, of a repeated parameter the last value counts, and unknown ones are ignored. An unknown folder or type matches no asset.",
    ),
    Fact::inferred(
        "Newest first; of assets created at the same instant, the one with the greater id is first. Only ready assets are listed, and no documents. Assets in a trashed folder or below one are hidden.",
    ),
    Fact::inferred(
        "Only the first bad parameter is reported, in the order of the table; the `reason` sentences are ours.",
    ),
    Fact::inferred("Request ids are `req-` and six digits; a key that has scopes needs the scope `read`."),
    Fact::inferred(
        "Deleting needs the scope `write`, only of keys that have scopes; the 404 has the code and sentence of any other, for a second delete and for what the list never shows (documents, what is not ready) too. What is in a trashed folder can be deleted.",
    ),
    Fact::inferred(
        "Folders are listed newest first, of those created at the same instant the one with the greater id first, and paged like assets. Without `is_trash` those in the trash are left out. `name_filter` ignores case; an unknown `parent_id` has no folders. A time that the library does not know is the beginning of 1970.",
    ),
    Fact::inferred(
        "Creating a folder is 200, with an id of `folder_` and 12 hexadecimal digits. `project_type` is `mixed` if left out; the answer repeats it, and it is not stored. Without a body all defaults apply; null counts as absent, unknown fields are ignored; an empty name or one of more than 1,024 bytes, and a parent that does not exist, are refused.",
    ),
    Fact::inferred(
        "`POST /v1/folders/{folder_id}/restore` is only mentioned: its path is that of a relative, and its answer has `folder_id`, `status` `restored` and `restored_at`. A folder in another one that is in the trash stays in the trash. Renaming, trashing and restoring move `updated_at`, and can be done again.",
    ),
    Fact::inferred(
        "Listing folders needs the scope `read`, changing them `write`, only of keys that have scopes; validating a key needs none. A folder that is missing or another workspace's is 404. The trash hides nothing from other vendors.",
    ),
    Fact::inferred(
        "A key that is not live is 401 when it is validated, too. `key_id` is `key-` and six digits that follow from the key, `metadata` is empty, and a key without scopes shows `read` and `write`.",
    ),
    Fact::inferred(
        "In the answer to `POST /v1/api-keys/`, `message` is `API key is valid` and `meta` null. `user_id` is the user's name, `name` is `API key`, `rate_limit` and `rate_limit_window` are those of a window of the key's own, else the overview page's 100 in 60 seconds, `prefix` is what precedes the secret up to the last `_` among the first 8 characters, as in `sk_live_`, and `key` is the same with `********` after it. `request_count` is 0, `created_at` the beginning of 1970, and what was last used or updated null.",
    ),
    Fact::inferred(
        "A request that changes something, and during which its workspace is reset, changes nothing: 409 `CONFLICT`.",
    ),
    Fact::inferred("A body of more than 1 MiB is 413 `INVALID_REQUEST` with a sentence of ours."),
    Fact::inferred(
        "Order of checks: route and method (404, 405 and redirects need no key), key, scope, rate limit, parameters.",
    ),
    Fact::inferred(
        "404 and 405 have the envelope. A slash after the route redirects (307) to the route without it, and `/v1/api-keys` to the route with it, with the connection's scheme, or with the one that a proxy on this machine or in a private network forwards. HEAD and OPTIONS are 405.",
    ),
    Fact::inferred(
        "The overview page's limit of 100 requests a minute is enforced only for keys with strict limits. A 429 has `Retry-After`, which is ours.",
    ),
    Fact::inferred(
        "Imported: every `file_type` is listed, since the documents end their list with `etc.`, except for `document` and `other`, which are refused. The MIME type that other vendors show follows from the name if that agrees with the type.",
    ),
    Fact::inferred(
        "Of the failures that only faults inject, 503 is documented and so is `SERVICE_UNAVAILABLE`, but not that they belong together; 422 and `NOT_FOUND` are the SDK's.",
    ),
];

/// What it has and the emulator leaves out on purpose.
pub const NOT_IMITATED: &[&str] = &[
    "The bare answers of its framework (422 and `detail`) and the envelopes that its SDK knows for routes of its documents.",
];
