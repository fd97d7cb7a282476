//! Reports parts of a file that is sent in parts. With the last one the file becomes an asset.

use sqlx::SqliteConnection;

use super::command::{Caller, Command, CommandError, Decision, find_upload};
use super::complete_parts::CompleteParts;
use crate::library::store::handle::Store;
use crate::library::store::upload_session;
use crate::library::store::write::Write;
use crate::library::upload_session::{UploadPart, UploadSession, UploadStatus};

/// Reports parts that were stored. Those that were reported before are ignored. The command itself makes no asset: run it
/// with [`Store::report_parts`].
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

impl Store {
    /// Reports parts. Once all are, the file becomes an asset, in a change of its own: its bytes are put together before,
    /// while others make their changes.
    pub async fn report_parts(
        &self,
        report: ReportParts,
        caller: &Caller<'_>,
        providers: Vec<&'static str>,
    ) -> Result<ReportOutcome, CommandError> {
        let (entropy, processing_seconds) = (report.entropy, report.processing_seconds);
        let mut outcome = self.execute(report, caller, providers.clone()).await?;
        let session = &mut outcome.session;
        if outcome.reported == session.parts() && session.status(caller.now) == UploadStatus::Active {
            let joined = self.join_parts(caller.workspace, session).await?;
            let complete = CompleteParts { upload: session.id.clone(), joined, entropy, processing_seconds };
            // The first command has claimed an idempotency key, if there is one.
            let caller = &Caller { claim: None, ..*caller };
            // A part that was replaced since then is not reported any more.
            (*session, outcome.reported) = self.execute(complete, caller, providers.clone()).await?;
            // The asset exists already, so the request has succeeded even if this fails, as on a full disk.
            if let Err(error) = self.settle_due_uploads(caller.workspace, caller.now, &providers).await {
                tracing::debug!(%error, "the parts of an upload could not be released; the next request tries again");
            }
        }
        Ok(outcome)
    }
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

impl Command for ReportParts {
    type Outcome = ReportOutcome;

    /// The outcome, and the numbers of the new parts.
    type Change = (ReportOutcome, Vec<u64>);

    async fn decide(
        &self,
        read: &mut SqliteConnection,
        collection: i64,
        caller: &Caller<'_>,
    ) -> Result<Decision<ReportOutcome, (ReportOutcome, Vec<u64>)>, CommandError> {
        let session = find_upload(read, collection, caller, &self.upload).await?;
        let given: Vec<_> = self.parts.iter().map(|part| part.number).collect();
        let stored = upload_session::numbered_parts(read, collection, &session.id, &given).await?;
        let is_reported = |number| stored.iter().any(|part| part.number == number && part.reported_at.is_some());
        let mut numbers = Vec::new();
        for part in &self.parts {
            if !is_reported(part.number) && !numbers.contains(&part.number) {
                check(&session, &stored, part, caller)?;
                numbers.push(part.number);
            }
        }
        let new = numbers.len() as u64;
        let reported = upload_session::count_reported(read, collection, &session.id).await? + new;
        let outcome = ReportOutcome { session, new, repeated: self.parts.len() as u64 - new, reported };
        Ok(if new == 0 { Decision::Unchanged(outcome) } else { Decision::Change((outcome, numbers)) })
    }

    async fn apply(
        (mut outcome, numbers): (ReportOutcome, Vec<u64>),
        write: &mut Write,
        caller: &Caller<'_>,
    ) -> Result<ReportOutcome, CommandError> {
        let session = &mut outcome.session;
        write.report_parts(caller.workspace, &session.id, &numbers, caller.now).await?;
        session.updated_at = caller.now;
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
        known.blob.is_some()
            && Some(known.size) == length
            && known.size == part.size
            && known.md5.eq_ignore_ascii_case(&part.md5)
    };
    if found.is_some_and(is_right) { Ok(()) } else { Err(CommandError::WrongPart { number: part.number }) }
}
