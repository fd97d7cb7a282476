//! Files that clients send in parts: a session says how the file is cut, and what becomes of it.

use crate::clock::Micros;
use crate::library::asset::Asset;

/// The upload of one file in parts.
#[derive(Debug, Clone)]
pub struct UploadSession {
    /// Its id.
    pub id: String,
    /// The public id that the asset will have at the provider of the session.
    pub asset_id: String,
    /// The asset that the file becomes.
    pub asset: Asset,
    /// The length of the file in bytes.
    pub size: u64,
    /// The length of every part except the last, in bytes.
    pub part_size: u64,
    /// When it was made.
    pub created_at: Micros,
    /// When it last changed.
    pub updated_at: Micros,
    /// When it ends if it is not complete by then.
    pub expires_at: Micros,
    /// When it was completed.
    pub completed_at: Option<Micros>,
}

/// What a session is at an instant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UploadStatus {
    /// It takes parts.
    Active,
    /// All parts were stored and reported, and the asset exists.
    Completed,
    /// It was not completed in time.
    Expired,
}

/// A part that was stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UploadPart {
    /// Its number, from 1.
    pub number: u64,
    /// The row id of its bytes; `None` once the session has ended.
    pub blob: Option<i64>,
    /// Its length in bytes.
    pub size: u64,
    /// The MD5 of its bytes, in lower-case hexadecimal digits.
    pub md5: String,
    /// When it was stored.
    pub stored_at: Micros,
    /// When it was reported; `None`: not since it was stored.
    pub reported_at: Option<Micros>,
}

impl UploadSession {
    /// What it is at this instant.
    pub fn status(&self, now: Micros) -> UploadStatus {
        match self.completed_at {
            Some(_) => UploadStatus::Completed,
            None if now >= self.expires_at => UploadStatus::Expired,
            None => UploadStatus::Active,
        }
    }

    /// When it is forgotten: after its time is over, it can be asked for as long again as it took parts.
    pub fn forgotten_at(&self) -> Micros {
        self.expires_at.saturating_add(self.expires_at.saturating_sub(self.created_at))
    }

    /// How many parts the file has.
    pub fn parts(&self) -> u64 {
        self.size.div_ceil(self.part_size)
    }

    /// The length of a part in bytes. `None` if the file has no such part.
    pub fn part_length(&self, number: u64) -> Option<u64> {
        let before = number.checked_sub(1)?.checked_mul(self.part_size)?;
        Some(self.part_size.min(self.size.checked_sub(before)?)).filter(|length| *length > 0)
    }
}

impl UploadStatus {
    /// The word for it.
    pub fn word(self) -> &'static str {
        match self {
            UploadStatus::Active => "active",
            UploadStatus::Completed => "completed",
            UploadStatus::Expired => "expired",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_part_but_the_last_has_the_same_length() {
        let lengths = |size, part_size| {
            let session = UploadSession {
                id: String::new(),
                asset_id: String::new(),
                asset: Asset::new(0),
                size,
                part_size,
                created_at: 0,
                updated_at: 0,
                expires_at: 1,
                completed_at: None,
            };
            assert_eq!(session.part_length(0), None);
            assert_eq!(session.part_length(session.parts() + 1), None);
            (1..=session.parts()).map(|number| session.part_length(number).unwrap()).collect::<Vec<_>>()
        };
        assert_eq!(lengths(12, 5), [5, 5, 2]);
        assert_eq!(lengths(10, 5), [5, 5]);
        assert_eq!(lengths(1, 5), [1]);
    }
}
