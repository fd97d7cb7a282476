//! The MD5 that a client announces of the bytes that it puts to object storage (`Content-MD5`).

use axum::http::{HeaderMap, HeaderName};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::contract::failure::Failure;
use crate::library::hex::hex;

/// The header.
const HEADER: HeaderName = HeaderName::from_static("content-md5");

/// The MD5 that the bytes must have, in hexadecimal digits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContentMd5(String);

impl ContentMd5 {
    /// Reads the header; `None` if there is none. It must be the base64 of 16 bytes, once.
    pub fn read(headers: &HeaderMap) -> Result<Option<ContentMd5>, Failure> {
        let mut given = headers.get_all(HEADER).iter();
        let Some(first) = given.next() else { return Ok(None) };
        let bytes = STANDARD.decode(first.as_bytes()).ok().and_then(|bytes| <[u8; 16]>::try_from(bytes).ok());
        match bytes.filter(|_| given.next().is_none()) {
            Some(bytes) => Ok(Some(ContentMd5(hex(&bytes)))),
            None => Err(Failure::MalformedDigest),
        }
    }

    /// Fails if bytes with this MD5, in hexadecimal digits, are other ones.
    pub fn check(&self, md5: &str) -> Result<(), Failure> {
        if self.0 == md5 { Ok(()) } else { Err(Failure::WrongDigest { found: md5.to_owned() }) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(values: &[&str]) -> Result<Option<ContentMd5>, Failure> {
        let pairs = values.iter().map(|value| (HEADER, value.parse().unwrap()));
        ContentMd5::read(&pairs.collect())
    }

    #[test]
    fn the_header_is_the_base64_of_sixteen_bytes() {
        let md5 = read(&["kAFQmDzST7DWlj99KOF/cg=="]).unwrap().unwrap();
        assert_eq!(md5.check("900150983cd24fb0d6963f7d28e17f72"), Ok(()), "of `abc`, in RFC 1321");
        assert!(md5.check("d41d8cd98f00b204e9800998ecf8427e").is_err());
        assert_eq!(read(&[]), Ok(None));
        let right = "kAFQmDzST7DWlj99KOF/cg==";
        for wrong in [&["abc"][..], &[""], &["900150983cd24fb0d6963f7d28e17f72"], &["YWJj"], &[right, right]] {
            assert_eq!(read(wrong), Err(Failure::MalformedDigest), "{wrong:?}");
        }
    }
}
