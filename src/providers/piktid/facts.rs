//! What we know about PiktID, and how surely.

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
        "An asset must have all tags of `include_tags` and none of `exclude_tags`; both accept model, product, background and other.",
    ),
    Fact::documented("Validation errors are `{\"error\":\"Invalid request\",\"detail\":[{field,message,position}]}`."),
    Fact::documented(
        "Visibility is private, shared with the group, or default for what the platform provides; `dimensions` is `[width, height]`.",
    ),
    Fact::documented("`GET /assets/{asset_id}` shows the bare object, with all twelve fields of the list."),
    Fact::documented(
        "`POST /assets/bulk-delete` with `asset_ids`, 1 to 100, deletes those that the user uploaded and answers `deleted_count` and `failed_ids`: unknown ids and others' assets are no error.",
    ),
    Fact::documented(
        "`POST /upload` with an optional `filename`, else a random UUID, answers `upload_url`, `download_url`, `file_id`, `filename` and `content_type`. The bytes are put to `upload_url` without a key, and `file_id` is the asset's id. 200 is what clients ask for.",
    ),
    Fact::documented(
        "`POST /auth/login` with HTTP Basic answers `token`, `expiration_date`, `refresh_token`, `refresh_expiration` and `user`, which `GET /auth/me` shows with seven more fields.",
    ),
    Fact::documented(
        "`POST /auth/refresh` takes the `refresh_token` and no key. `POST /auth/token` makes a token that lives for `expiration`, 1 hour to 4 years, of which a user can have 20 active ones; `GET /auth/token` lists them by a hash.",
    ),
    Fact::documented(
        "`POST /groups` with `name` makes a group whose owner is the user, and answers `name`, `role` and `member_count`. Names are unique.",
    ),
    Fact::client(
        "`POST /project` with `project_name` answers `project_id` and `project_name`, or 409 if the name exists; `GET /project` lists `projects` with `project_text` and `project_key`.",
    ),
    Fact::client("401 for a token that is missing, malformed, unknown, revoked or expired."),
    Fact::inferred(
        "Validation errors are 400, as the order of the documented responses suggests. Messages, coercion and dates are Pydantic v2's.",
    ),
    Fact::inferred(
        "Of a repeated parameter the first value counts; unknown ones are ignored; empty tag lists and an empty `created_by` filter nothing.",
    ),
    Fact::inferred(
        "A page below 1 counts as 1; a page beyond the end is 200 and empty; numbers of any length are echoed.",
    ),
    Fact::inferred(
        "Without `ownership`, the user's own assets are listed whatever their visibility, as with `mine`, and also shared ones. Assets of the platform are listed only if the user uploaded them. `shared` includes the user's own shared assets.",
    ),
    Fact::inferred("Bounds of time are inclusive; times without an offset are UTC."),
    Fact::inferred(
        "`search` finds one text anywhere in the name, the project's name or the four tags, ignoring case. Names sort byte by byte.",
    ),
    Fact::inferred(
        "Assets with equal sort values are ordered by `id`, in the same direction. Only ready images are listed.",
    ),
    Fact::inferred(
        "`created_at` has six decimals, or none if they are zero, and `+00:00`, as Python's `isoformat()` writes it.",
    ),
    Fact::inferred(
        "401 is `{\"error\":\"Unauthorized\"}` with `WWW-Authenticate`; 404, 405, 429 and 500 have the same shape.",
    ),
    Fact::inferred(
        "A body that is not JSON is 400 in the envelope of validation errors: `Invalid JSON: …`, with the position `body` and no field. One of more than 1 MiB is 413 `Request Entity Too Large`.",
    ),
    Fact::inferred("Order of checks: route and method (404 and 405 need no key), key, rate limit, parameters."),
    Fact::inferred(
        "HEAD is answered like GET. OPTIONS is answered with 200 and `Allow` and needs no key, as with Flask. A route with a slash after it is another route.",
    ),
    Fact::inferred(
        "An asset without a name shows its id; without a URL, it shows one of this server's and thumbnails, or with `--asset-urls vendor` a URL on a host that nobody owns.",
    ),
    Fact::inferred(
        "Imported: an asset without `visibility` counts as shared; where times are equal, each asset gets a microsecond more than the one below it.",
    ),
    Fact::inferred(
        "A single asset is found if one of the three ownerships lists it: one's own, shared ones, and the platform's. All others, teammates' private ones and what is no ready image among them, are 404 `Asset not found`.",
    ),
    Fact::inferred(
        "Bulk delete is 200. An id that is given twice counts once, and what is no ready image fails like an unknown id.",
    ),
    Fact::inferred(
        "`upload_url` is one of this server, signed for an hour of the workspace's clock, and answers as S3 does: 200 with the MD5 of the bytes as `ETag`, or 403 in XML, or 400 for a `Content-MD5` that is malformed or that the bytes do not have. `content_type` follows from the ending of the name, else it is `application/octet-stream`; an empty name counts as none, and one of more than 1,024 bytes is 400. `download_url` is the asset's `url`.",
    ),
    Fact::inferred(
        "An upload is an asset from its PUT on, uploaded then by the user who asked for the URL, and private. Its type and dimensions are those of the bytes, else the type is that of the request, and what is no image is 404 here. A second PUT replaces the bytes; after the asset was deleted, it makes the asset again. No size is too large until the stored bytes reach their limit.",
    ),
    Fact::inferred(
        "A request that changes something, and during which its workspace is reset, changes nothing: 409 `Conflict`, and from storage `OperationAborted`.",
    ),
    Fact::inferred(
        "Bodies are read whatever their content type, and unknown fields are ignored. The position of their errors is `body`, an item's field is `asset_ids.0`, and it is null where the whole body is wrong.",
    ),
    Fact::inferred(
        "Login acts on the workspace that has the user; if several have, on the first one whose password fits. A wrong name or password is 401 like a missing key, and so is a refresh token that is unknown, expired or of a revoked key.",
    ),
    Fact::inferred(
        "The token of a login is good for a day and its refresh token for 30. Refreshing leaves the old ones as they are. Of a user, only the name is known, and credits are always 1000.",
    ),
    Fact::inferred(
        "Tokens are listed by their expiry, without those that can be refreshed or were revoked, and with null for one that never expires; these count against the 20, too. One more is 429 with the text `Maximum tokens reached`.",
    ),
    Fact::inferred(
        "A new project is 201, and the 409 has the `project_id` of the old one. Projects are listed with the latest change first, those of all users, with `pagination` after them.",
    ),
    Fact::inferred(
        "The users of a workspace are one group, which has the workspace's id for a name and is the one that `shared` assets are shared with. `user.groups` names it first, then those that the user made. These change nothing of what is listed, since no route here adds members.",
    ),
    Fact::inferred(
        "A new group is 201, with the role `owner` and one member. Its name may be empty, has at most 1,024 bytes, and is unique in the workspace, where case counts; one that is there is 409 `Group already exists`.",
    ),
    Fact::inferred(
        "Of the failures that only faults inject, the text of the 409 and the whole 503 are ours, and the 402 leaves out `required_credits`.",
    ),
];

/// What it has and the emulator leaves out on purpose.
pub const NOT_IMITATED: &[&str] = &[
    "A few oddities of Pydantic: two underscores in a row in a number, the year 0, numbers of more than 4,300 digits.",
];
