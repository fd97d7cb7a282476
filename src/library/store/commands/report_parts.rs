//! Reports parts of a file that is sent in parts. With the last one the file becomes an asset.

use md5::{Digest, Md5};
use sqlx::SqliteConnection;

use super::command::{Caller, Command, CommandError, Decision, find_upload};
use super::create_asset::CreateAsset;
use crate::library::asset::Asset;
use crate::library::model::Instant;
use crate::library::probe::{Probed, probe};
use crate::library::store::upload_session;
use crate::library::store::uploads;
use crate::library::store::write::Write;
use crate::library::upload_session::{UploadPart, UploadSession, UploadStatus};

/// Reports parts that were stored. Those that were reported before are ignored.
#[derive(Debug)]
pub struct ReportParts {
    /// The session.
    pub upload: String,
    /// The parts.
    pub parts: Vec<ReportedPart>,
    /// Random bits for the ids of the asset.
    pub entropy: u128,
    /// How many seconds the vendor processes a complete upload, unless the workspace says what becomes of uploads.
    pub processing_seconds: u32,
}

/// A part, as the client says that it was stored.
#[derive(Debug, Clone)]
pub struct ReportedPart {
    /// Its number, from 1.
    pub number: u64,
    /// The MD5 of its bytes, in hexadecimal digits.
    pub md5: String,
    /// Its length in bytes.
    pub size: u64,
}

/// What came of a report.
#[derive(Debug, Clone)]
pub struct ReportOutcome {
    /// The session after the report.
    pub session: UploadSession,
    /// How many of the parts are new.
    pub new: u64,
    /// How many of the parts were reported before.
    pub repeated: u64,
    /// How many different parts were reported in all.
    pub reported: u64,
}

/// The parts that a report adds.
#[derive(Debug)]
pub struct NewReport {
    outcome: ReportOutcome,
    /// The numbers of the new parts.
    numbers: Vec<u64>,
    /// All stored parts of the session.
    stored: Vec<UploadPart>,
    entropy: u128,
    processing_seconds: u32,
}

impl Command for ReportParts {
    type Outcome = ReportOutcome;

    type Change = NewReport;

    async fn decide(
        &self,
        read: &mut SqliteConnection,
        collection: i64,
        caller: &Caller<'_>,
    ) -> Result<Decision<ReportOutcome, NewReport>, CommandError> {
        let session = find_upload(read, collection, caller, &self.upload).await?;
        let stored = upload_session::parts(read, collection, &session.id).await?;
        let reported: Vec<_> =
            stored.iter().filter(|part| part.reported_at.is_some()).map(|part| part.number).collect();
        let mut numbers = Vec::new();
        for part in &self.parts {
            if !reported.contains(&part.number) && !numbers.contains(&part.number) {
                check(&session, &stored, part, caller)?;
                numbers.push(part.number);
            }
        }
        let (new, reported) = (numbers.len() as u64, reported.len() as u64);
        let repeated = self.parts.len() as u64 - new;
        let outcome = ReportOutcome { session, new, repeated, reported: reported + new };
        if numbers.is_empty() {
            return Ok(Decision::Unchanged(outcome));
        }
        Ok(Decision::Change(NewReport {
            outcome,
            numbers,
            stored,
            entropy: self.entropy,
            processing_seconds: self.processing_seconds,
        }))
    }

    async fn apply(
        NewReport { mut outcome, numbers, stored, entropy, processing_seconds }: NewReport,
        write: &mut Write,
        caller: &Caller<'_>,
    ) -> Result<ReportOutcome, CommandError> {
        let session = &mut outcome.session;
        write.release_expired_parts(caller.workspace, caller.now).await?;
        write.report_parts(caller.workspace, &session.id, &numbers, caller.now).await?;
        session.updated_at = caller.now;
        if outcome.reported == session.parts() {
            let asset = complete(session, &stored, processing_seconds, write, caller).await?;
            create_asset(asset, &session.asset_id, entropy, write, caller).await?;
            session.completed_at = Some(caller.now);
        }
        Ok(outcome)
    }
}

/// Fails unless a part that is new in this report was stored like this.
fn check(
    session: &UploadSession,
    stored: &[UploadPart],
    part: &ReportedPart,
    caller: &Caller<'_>,
) -> Result<(), CommandError> {
    let status = session.status(caller.now);
    if status != UploadStatus::Active {
        return Err(CommandError::UploadEnded { id: session.id.clone(), status });
    }
    let length = session.part_length(part.number);
    let found = stored.iter().find(|known| known.number == part.number);
    let is_right = |known: &UploadPart| {
        Some(known.size) == length && known.size == part.size && known.md5.eq_ignore_ascii_case(&part.md5)
    };
    if found.is_some_and(is_right) { Ok(()) } else { Err(CommandError::WrongPart { number: part.number }) }
}

/// Puts the parts of a session together. Returns the asset that the file becomes, and the row id of its bytes.
async fn complete(
    session: &UploadSession,
    parts: &[UploadPart],
    processing_seconds: u32,
    write: &mut Write,
    caller: &Caller<'_>,
) -> Result<(Asset, i64), CommandError> {
    // The parts are stored already, so there is no need to look whether there is room.
    let uploads = uploads::settings(&mut write.tx, caller.workspace).await?;
    let blob = write.join_parts(caller.workspace, session, &joined_md5(parts)).await?;
    write.end_upload(caller.workspace, &session.id, caller.now).await?;
    let mut asset = session.asset.clone();
    describe(&mut asset, &upload_session::first_bytes(&mut write.tx, blob).await?);
    asset.size_bytes = i64::try_from(session.size).ok();
    asset.updated_at = Some(Instant(caller.now.max(asset.created_at.0)));
    uploads.finish(&mut asset, processing_seconds, caller.now);
    Ok((asset, blob))
}

/// Adds the asset with the id that its session reserved.
async fn create_asset(
    (asset, blob): (Asset, i64),
    id: &str,
    entropy: u128,
    write: &mut Write,
    caller: &Caller<'_>,
) -> Result<(), CommandError> {
    let id = Some(id.to_owned());
    let create = CreateAsset { asset, id, entropy, file: None, processing_seconds: None };
    let created = CreateAsset::apply(create, write, caller).await?;
    write.set_blob(caller.workspace, created.seq, blob).await?;
    Ok(())
}

/// Sets what the bytes say of an asset. If their type tells no kind, the asset keeps the one that it has, so that a
/// vendor which holds only some kinds can show it.
fn describe(asset: &mut Asset, head: &[u8]) {
    let Probed { mime_type, width, height } = probe(head, asset.name.as_deref());
    (asset.width, asset.height) = (width, height);
    if mime_type.is_some() {
        let recognised = Asset { mime_type, kind: None, ..asset.clone() };
        let kind = (recognised.kind() == "other").then(|| asset.kind().to_owned());
        *asset = Asset { kind, ..recognised };
    }
}

/// The tag that object storage gives a file that was sent in parts: the MD5 of the parts' own, and their number.
fn joined_md5(parts: &[UploadPart]) -> String {
    let mut joined = Md5::new();
    for part in parts {
        let bytes = part.md5.as_bytes().chunks(2).filter_map(|digits| str::from_utf8(digits).ok());
        joined.update(bytes.filter_map(|digits| u8::from_str_radix(digits, 16).ok()).collect::<Vec<_>>());
    }
    let digits: String = joined.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
    format!("{digits}-{}", parts.len())
}
