//! What we know about xQR, and how surely.

use crate::contract::evidence::Fact;

/// What it does.
pub const FACTS: &[Fact] = &[
    Fact::documented(
        "`GET /api/v1/assets` with `Authorization: Bearer xqr_pk_…` lists every asset of the key's workspace, newest first.",
    ),
    Fact::documented(
        "Ten fields in fixed order; `public_url` is null unless the asset is public; times are whole seconds with `Z`.",
    ),
    Fact::documented(
        "`meta` holds `request_id` and `rate_limit` and no total; the `X-Request-Id` header repeats the id.",
    ),
    Fact::documented(
        "Errors are `{\"error\":{code,message,status},\"meta\":{request_id}}`; 401 is `INVALID_API_KEY`, `REVOKED_API_KEY` or `EXPIRED_API_KEY`, and 403 is `INSUFFICIENT_SCOPE`.",
    ),
    Fact::documented("Scopes match exactly; `*` stands for all."),
    Fact::documented(
        "The union of the documented `X-RateLimit-*` headers is sent: Limit, Remaining, Reset, Burst-Limit, Burst-Remaining. Header names are sent in lower case, as in HTTP/2.",
    ),
    Fact::documented(
        "A 429 has `Retry-After` in whole seconds. That of the monthly quota has none, since no page says that it does (inferred).",
    ),
    Fact::inferred(
        "A 429 shows 0 remaining requests for the quota that is used up, and `Retry-After` is the time until its reset, also when a fault injects the failure. The 429 of the monthly quota shows the Pro plan's 1,000 calls and no reset. A 401 shows no quota.",
    ),
    Fact::documented(
        "`GET /api/v1/assets/{asset_id}` shows under `data` what the list shows; `POST …/publish` does the same once the asset is public; `DELETE` is 204 without a body. Reading needs `assets:read`, the other two `assets:write`.",
    ),
    Fact::documented("Only a confirmed asset can be published; its status stays `confirmed` and `updated_at` moves."),
    Fact::inferred(
        "An id that the workspace does not have, one that is no UUID too, is 404 `NOT_FOUND` with `Asset not found.`; so is a second delete. Pending assets are found and can be deleted.",
    ),
    Fact::inferred(
        "Publishing an asset that is not confirmed is 409 `CONFLICT`; one that is public already is shown unchanged.",
    ),
    Fact::documented(
        "`POST /api/v1/assets/presign` with `filename`, `content_type` (`application/octet-stream` if left out) and `file_size` (at most 26,214,400) in its query string is 200 with `asset_id`, `upload_url`, `method` and `headers`, and the asset is listed as `pending`. `POST …/assets/{asset_id}/confirm`, or `…/assets/presign/{asset_id}/confirm`, makes it `confirmed`; `updated_at` moves. Both need `assets:write`.",
    ),
    Fact::inferred(
        "A `filename` is kept as it was sent, with its folders. A `filename` or `file_size` that is missing, empty, less than 1 or too large is 400 `VALIDATION_ERROR`. One for which the workspace, or the server, has no room left is 403 `PLAN_LIMIT_EXCEEDED`, which is documented for other limits.",
    ),
    Fact::inferred(
        "`upload_url` is one of this server, signed for an hour of the workspace's clock, and takes a PUT with that content type, without a key. It answers as S3 does: 200 with the MD5 of the bytes as `ETag`, 403 in XML for another content type or parameter and for a URL that has expired, 405 for another method, 400 with an `Authorization` header besides, and 400 `EntityTooLarge` for more than 26,214,400 bytes. A `Content-MD5` that is no base64 of 16 bytes is 400 `InvalidDigest`, and one that the bytes do not have 400 `BadDigest`. A PUT without bytes stores an empty file.",
    ),
    Fact::inferred(
        "Confirm before any bytes have arrived is 409 `CONFLICT`, and 200 without a change if the asset is confirmed already. The size is that of the bytes, whatever was announced, and the type is the announced one, whatever the bytes are. An asset that is never confirmed stays `pending`.",
    ),
    Fact::inferred(
        "While it is valid, a URL can be put to again, also once the asset is confirmed or published: the new bytes replace the old ones, and `file_size` and `updated_at` follow. For a deleted asset it is 404 `NoSuchKey`.",
    ),
    Fact::inferred(
        "An upload that is to fail, by the settings of the workspace, is `pending` after confirm, whatever delay they set, and confirming it again is 409.",
    ),
    Fact::documented(
        "`GET /api/v1/workspace` shows the key's workspace, `…/usage` its plan, usage, limits and features, and `…/members` all of its users, under `data`. They need `workspace:read`.",
    ),
    Fact::inferred(
        "Every workspace has the plan, limits, features and time of creation of the samples, and `description` null. `storage_bytes` adds up the sizes of confirmed assets, and `storage_mb` is rounded to two decimals; links, QR templates, pages and calls of the month are 0. No plan refuses anything.",
    ),
    Fact::inferred(
        "A member's `id` follows from the workspace and the name, and `email` is made from the name, such as `alice.johnson@example.com`, unless the name is an address.",
    ),
    Fact::inferred(
        "The 600 requests are counted per key in fixed minutes, aligned to the clock. A request is counted before its answer shows the numbers.",
    ),
    Fact::inferred(
        "The burst bucket of 10 a second is counted and shown but refuses only keys with strict limits; the monthly quota is not counted.",
    ),
    Fact::inferred(
        "Every request with a live key is counted, even if the answer is a refusal, a 404, a 405 or a redirect, and every such answer has the headers.",
    ),
    Fact::inferred(
        "On routes that take JSON, of which none is imitated yet, a body that is not JSON is 400 `VALIDATION_ERROR`, and one of more than 1 MiB 413 `PAYLOAD_TOO_LARGE`. The messages are ours.",
    ),
    Fact::inferred(
        "Order of checks: route and method (404, 405 and redirects need no key), key, scope, rate limit, parameters.",
    ),
    Fact::inferred(
        "Integers are read as in Pydantic's lax mode (`005`, ` 5 `, `+5`, `5.0`, `1_0`); one beyond 64 bits is beyond the end. A `limit` or `offset` that is out of range or not an integer is 400 `VALIDATION_ERROR`. That `offset` has the minimum 0 is a guess too. The code and all messages except the one about scopes are ours.",
    ),
    Fact::inferred(
        "A public asset without a stored `public_url` shows one of this server's, or with `--asset-urls vendor` one in the documented form.",
    ),
    Fact::inferred(
        "A request that changes something, and during which its workspace is reset, changes nothing: 409 `CONFLICT`, and from storage `OperationAborted`.",
    ),
    Fact::inferred("Of a repeated parameter the last value counts; unknown ones are ignored."),
    Fact::inferred(
        "Of assets created at the same instant, the one inserted later is first. Pending and failed assets are listed; both show as `pending`, since a failed one was never confirmed, and all others as `confirmed`.",
    ),
    Fact::inferred(
        "A missing key is `INVALID_API_KEY`; 404, 405 and 500 are `NOT_FOUND`, `METHOD_NOT_ALLOWED` and `INTERNAL_ERROR`; HEAD and OPTIONS are 405; a slash after the route redirects (307) to the route without it.",
    ),
    Fact::inferred(
        "An asset without a name shows its id; without a size, 0; without a MIME type, `application/octet-stream`.",
    ),
    Fact::inferred(
        "Of the failures that only faults inject, the messages are ours, and so are `CONFLICT`, `GONE` and `SERVICE_UNAVAILABLE`; that 409 and 410 exist is documented, 503 is not.",
    ),
];

/// What it has and the emulator leaves out on purpose.
pub const NOT_IMITATED: &[&str] = &[
    "The monthly quota and plan features (`PLAN_LIMIT_EXCEEDED` but for stored bytes, `FEATURE_NOT_AVAILABLE`), unless a fault injects them.",
    "The other two shapes of `rate_limit` that the documentation shows elsewhere.",
];
