//! How the object storage of a vendor answers uploads to signed URLs: without a body, or with an error in XML. It knows
//! nothing of the vendor and its envelope. All of it is inferred from the public documents of S3 and of Google Cloud
//! Storage; no vendor's documents show its storage's answers.

use axum::http::StatusCode;

use crate::clock::{Micros, SECOND, write_rfc3339};
use crate::contract::context::Context;
use crate::contract::failure::Failure;
use crate::contract::signer::SignatureProblem;
use crate::http::reply::Reply;

/// Whose object storage a vendor has, or seems to have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Storage {
    /// Amazon's S3, or one that is compatible.
    S3,
    /// Google Cloud Storage.
    Gcs,
}

/// The answer to a PUT whose bytes have this MD5, in hexadecimal digits.
pub fn put_reply(md5: &str, cx: &Context) -> Reply {
    Reply::empty(StatusCode::OK)
        .header("etag", format!("\"{md5}\""))
        .header("x-amz-request-id", request_id(cx))
        .header("server", Storage::S3.server())
}

/// The answer to a form whose file has this MD5, in hexadecimal digits.
pub fn post_reply(md5: &str) -> Reply {
    Reply::empty(StatusCode::NO_CONTENT).header("etag", format!("\"{md5}\"")).header("server", Storage::Gcs.server())
}

/// Words a failure. `path` is that of the request.
pub fn refusal(storage: Storage, failure: &Failure, path: &str, cx: &Context) -> Reply {
    let error = worded(storage, failure);
    let mut fields = vec![("Code", error.code.to_owned()), ("Message", error.message.to_owned())];
    fields.extend(error.details.map(|details| ("Details", details)));
    match (storage, failure) {
        (Storage::Gcs, _) => {}
        (Storage::S3, Failure::ExpiredUrl { expired_at }) => {
            fields.extend([("Expires", in_seconds(*expired_at)), ("ServerTime", in_seconds(cx.now))]);
        }
        (Storage::S3, _) => fields.push(("Resource", path.to_owned())),
    }
    if storage == Storage::S3 {
        fields.push(("RequestId", request_id(cx)));
    }
    let elements: String = fields.iter().map(|(name, text)| format!("<{name}>{}</{name}>", escaped(text))).collect();
    let body = format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error>{elements}</Error>");
    let reply = Reply::written(error.status, body.into_bytes())
        .header("content-type", "application/xml")
        .header("server", storage.server());
    let reply = if storage == Storage::S3 { reply.header("x-amz-request-id", request_id(cx)) } else { reply };
    match failure {
        Failure::WrongMethod(allow) => reply.header("allow", allow),
        Failure::RateLimited(exceeded) => reply.number("retry-after", exceeded.retry_after),
        _ => reply,
    }
}

impl Storage {
    fn server(self) -> &'static str {
        match self {
            Storage::S3 => "AmazonS3",
            Storage::Gcs => "UploadServer",
        }
    }
}

struct StorageError {
    status: StatusCode,
    code: &'static str,
    message: &'static str,
    details: Option<String>,
}

fn say(status: StatusCode, code: &'static str, message: &'static str) -> StorageError {
    StorageError { status, code, message, details: None }
}

impl StorageError {
    fn details(self, details: impl Into<String>) -> StorageError {
        StorageError { details: Some(details.into()), ..self }
    }
}

fn worded(storage: Storage, failure: &Failure) -> StorageError {
    match failure {
        Failure::BadSignature(SignatureProblem::Field(name)) if storage == Storage::Gcs => {
            say(StatusCode::BAD_REQUEST, "InvalidPolicyDocument", POLICY).details(format!("Failed condition on {name}"))
        }
        Failure::BadSignature(SignatureProblem::Missing) => say(StatusCode::FORBIDDEN, "AccessDenied", DENIED),
        Failure::BadSignature(SignatureProblem::Authorization) => {
            say(StatusCode::BAD_REQUEST, "InvalidArgument", TWO_MECHANISMS)
        }
        Failure::BadSignature(_) => say(StatusCode::FORBIDDEN, "SignatureDoesNotMatch", MISMATCH),
        Failure::ExpiredUrl { .. } if storage == Storage::Gcs => {
            say(StatusCode::BAD_REQUEST, "InvalidPolicyDocument", POLICY).details("Policy has expired.")
        }
        Failure::ExpiredUrl { .. } => say(StatusCode::FORBIDDEN, "AccessDenied", "Request has expired"),
        Failure::BodyTooLarge { .. } | Failure::FileTooLarge { .. } => {
            say(StatusCode::BAD_REQUEST, "EntityTooLarge", "Your proposed upload exceeds the maximum allowed size")
        }
        Failure::StorageFull { .. } => say(StatusCode::FORBIDDEN, "QuotaExceeded", "The storage is full."),
        Failure::InvalidBody { .. } if storage == Storage::S3 => say(
            StatusCode::BAD_REQUEST,
            "IncompleteBody",
            "You did not provide the number of bytes specified by the Content-Length HTTP header",
        ),
        Failure::InvalidBody { .. } => say(
            StatusCode::BAD_REQUEST,
            "MalformedPOSTRequest",
            "The body of your POST request is not well-formed multipart/form-data.",
        ),
        Failure::MalformedDigest => {
            say(StatusCode::BAD_REQUEST, "InvalidDigest", "The Content-MD5 you specified is not valid.")
        }
        Failure::WrongDigest { .. } => {
            say(StatusCode::BAD_REQUEST, "BadDigest", "The Content-MD5 you specified did not match what we received.")
        }
        Failure::InvalidJson { .. } | Failure::Invalid(_) => say(StatusCode::BAD_REQUEST, "InvalidRequest", INVALID),
        Failure::NoSuchRoute | Failure::NoSuchProject | Failure::NoSuchAsset { .. } | Failure::NoSuchFolder { .. } => {
            say(StatusCode::NOT_FOUND, "NoSuchKey", NO_SUCH_KEY)
        }
        Failure::NoSuchUpload { .. } | Failure::UploadEnded { .. } => say(
            StatusCode::NOT_FOUND,
            "NoSuchUpload",
            "The specified upload does not exist. The upload ID may be invalid, or the upload may have been aborted or completed.",
        ),
        Failure::WrongPart { .. } => say(
            StatusCode::BAD_REQUEST,
            "InvalidPart",
            "One or more of the specified parts could not be found. The part may not have been uploaded, or the specified entity tag may not match the part's entity tag.",
        ),
        Failure::WrongMethod(_) => say(
            StatusCode::METHOD_NOT_ALLOWED,
            "MethodNotAllowed",
            "The specified method is not allowed against this resource.",
        ),
        Failure::AssetNotReady { .. }
        | Failure::WrongStatus { .. }
        | Failure::AssetInUse { .. }
        | Failure::NameTaken { .. }
        | Failure::ProjectExists { .. }
        | Failure::TooManyKeys { .. }
        | Failure::DuplicateIdempotencyKey { .. }
        | Failure::WorkspaceReset => say(
            StatusCode::CONFLICT,
            "OperationAborted",
            "A conflicting conditional operation is currently in progress against this resource. Try again.",
        ),
        Failure::NoKey
        | Failure::MalformedKey
        | Failure::UnknownKey
        | Failure::RevokedKey
        | Failure::ExpiredKey
        | Failure::MissingScope(_)
        | Failure::ForeignWorkspace
        | Failure::WrongPassword
        | Failure::BadRefreshToken { .. } => say(StatusCode::FORBIDDEN, "AccessDenied", DENIED),
        Failure::RateLimited(_) => say(StatusCode::SERVICE_UNAVAILABLE, "SlowDown", SLOW_DOWN),
        Failure::Internal => say(StatusCode::INTERNAL_SERVER_ERROR, "InternalError", INTERNAL),
        Failure::Injected(injected) => injected_error(injected.status()),
    }
}

/// The error that a fault injects. What the vendor's API says is not what its storage says, so only the status is that of
/// the vendor's failure.
fn injected_error(status: StatusCode) -> StorageError {
    match status {
        StatusCode::INTERNAL_SERVER_ERROR => say(status, "InternalError", INTERNAL),
        status if status.is_server_error() => say(status, "ServiceUnavailable", SLOW_DOWN),
        StatusCode::TOO_MANY_REQUESTS => say(status, "SlowDown", SLOW_DOWN),
        StatusCode::NOT_FOUND => say(status, "NoSuchKey", NO_SUCH_KEY),
        StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => say(status, "AccessDenied", DENIED),
        _ => say(status, "InvalidRequest", INVALID),
    }
}

const DENIED: &str = "Access Denied";
const INTERNAL: &str = "We encountered an internal error. Please try again.";
const INVALID: &str = "The request is not valid.";
const NO_SUCH_KEY: &str = "The specified key does not exist.";
const SLOW_DOWN: &str = "Please reduce your request rate.";

/// S3's message for a signed URL with an `Authorization` header.
const TWO_MECHANISMS: &str = "Only one auth mechanism allowed; only the X-Amz-Algorithm query parameter, Signature query \
                              string parameter or the Authorization header should be specified";

const MISMATCH: &str =
    "The request signature we calculated does not match the signature you provided. Check your key and signing method.";
const POLICY: &str = "The content of the form does not meet the conditions specified in the policy document.";

/// Sixteen upper-case hexadecimal digits, as S3's.
fn request_id(cx: &Context) -> String {
    format!("{:016X}", cx.entropy as u64)
}

/// RFC 3339 without fractions of a second.
fn in_seconds(at: Micros) -> String {
    write_rfc3339(at.div_euclid(SECOND).saturating_mul(SECOND))
}

/// A text for use in XML. Control characters, which XML cannot have, are left out.
fn escaped(text: &str) -> String {
    let mut xml = String::with_capacity(text.len());
    for c in text.chars().filter(|c| !c.is_control()) {
        match c {
            '<' => xml.push_str("&lt;"),
            '>' => xml.push_str("&gt;"),
            '&' => xml.push_str("&amp;"),
            c => xml.push(c),
        }
    }
    xml
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contract::evidence::Evidence;
    use crate::contract::failure::InjectedFailure;
    use crate::contract::quota::Counts;
    use crate::contract::variant::Variants;

    fn said(storage: Storage, failure: &Failure) -> (u16, String) {
        let counts = Counts::default();
        let cx = Context {
            now: 1_774_094_400 * SECOND,
            entropy: 0xabc,
            key: None,
            counts: &counts,
            variants: Variants::default(),
            origin: None,
            signed_workspace: None,
            url_signer: None,
        };
        let reply = refusal(storage, failure, "/_uploads/a&b", &cx);
        assert_eq!(reply.headers["content-type"], "application/xml");
        let body = String::from_utf8(reply.body.whole().to_vec()).unwrap();
        (reply.status.as_u16(), body.strip_prefix("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n").unwrap().to_owned())
    }

    #[test]
    fn s3_says_what_is_wrong_in_xml() {
        let end = "<Resource>/_uploads/a&amp;b</Resource><RequestId>0000000000000ABC</RequestId></Error>";
        for (failure, status, code, message) in [
            (Failure::BadSignature(SignatureProblem::Changed), 403, "SignatureDoesNotMatch", MISMATCH),
            (Failure::BadSignature(SignatureProblem::Missing), 403, "AccessDenied", "Access Denied"),
            (
                Failure::FileTooLarge { max: 5 },
                400,
                "EntityTooLarge",
                "Your proposed upload exceeds the maximum allowed size",
            ),
            (
                Failure::InvalidBody { reason: "it broke off".to_owned() },
                400,
                "IncompleteBody",
                "You did not provide the number of bytes specified by the Content-Length HTTP header",
            ),
            (Failure::NoSuchAsset { id: "a".to_owned() }, 404, "NoSuchKey", "The specified key does not exist."),
            (Failure::Internal, 500, "InternalError", "We encountered an internal error. Please try again."),
        ] {
            let wanted = format!("<Error><Code>{code}</Code><Message>{message}</Message>{end}");
            assert_eq!(said(Storage::S3, &failure), (status, wanted));
        }
        let expired = "<Error><Code>AccessDenied</Code><Message>Request has expired</Message><Expires>2026-03-21T11:59:59Z</Expires>\
                       <ServerTime>2026-03-21T12:00:00Z</ServerTime><RequestId>0000000000000ABC</RequestId></Error>";
        let failure = Failure::ExpiredUrl { expired_at: 1_774_094_399 * SECOND };
        assert_eq!(said(Storage::S3, &failure), (403, expired.to_owned()));
    }

    #[test]
    fn an_injected_failure_has_the_words_of_the_storage() {
        for (status, code, message) in [
            (400, "InvalidRequest", INVALID),
            (403, "AccessDenied", DENIED),
            (404, "NoSuchKey", NO_SUCH_KEY),
            (429, "SlowDown", SLOW_DOWN),
            (500, "InternalError", INTERNAL),
            (503, "ServiceUnavailable", SLOW_DOWN),
        ] {
            let failure = InjectedFailure { name: "a", status, code: "B", message: "c", evidence: Evidence::Inferred };
            let (answered, body) = said(Storage::S3, &Failure::Injected(Box::leak(Box::new(failure))));
            let said = format!("<Error><Code>{code}</Code><Message>{message}</Message>");
            assert!(answered == status && body.starts_with(&said), "{status}: {answered} {body}");
        }
    }

    #[test]
    fn google_cloud_storage_says_which_condition_failed() {
        let wanted = |details: &str| {
            let said =
                format!("<Code>InvalidPolicyDocument</Code><Message>{POLICY}</Message><Details>{details}</Details>");
            (400, format!("<Error>{said}</Error>"))
        };
        assert_eq!(said(Storage::Gcs, &Failure::ExpiredUrl { expired_at: 0 }), wanted("Policy has expired."));
        let changed = Failure::BadSignature(SignatureProblem::Field("a<b\n".to_owned()));
        assert_eq!(said(Storage::Gcs, &changed), wanted("Failed condition on a&lt;b"));
        let (status, body) = said(Storage::Gcs, &Failure::BadSignature(SignatureProblem::Changed));
        assert!(status == 403 && body.starts_with("<Error><Code>SignatureDoesNotMatch</Code>"), "{body}");
    }
}
