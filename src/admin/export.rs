//! Exports a workspace as a fixture, in slices, so that a large one takes little memory.

use std::sync::Arc;
use std::time::Duration;

use aide::axum::ApiRouter;
use aide::axum::routing::get_with;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::StatusCode;
use futures_util::stream;

use super::answer::{Path, Refusal};
use super::json_stream::JsonStream;
use super::workspaces::{TAG, WorkspacePath};
use crate::emulator::app::App;
use crate::library::fixture;
use crate::library::store::{Export, StoreError};
use crate::providers;

/// The route.
pub fn routes() -> ApiRouter<Arc<App>> {
    let path = "/_emulator/workspaces/{workspace}/fixture";
    let route = get_with(export, |op| op.id("export_workspace").summary("Export a workspace as a fixture").tag(TAG));
    ApiRouter::new().api_route(path, route)
}

/// How long an export of a large workspace waits for other exports to end.
const EXPORT_TIMEOUT: Duration = Duration::from_secs(30);

async fn export(
    State(app): State<Arc<App>>,
    Path(WorkspacePath { workspace }): Path<WorkspacePath>,
) -> Result<JsonStream<fixture::Fixture>, Refusal> {
    let names = providers::names();
    let begun = tokio::time::timeout(EXPORT_TIMEOUT, app.store.export(&workspace, &names)).await;
    let mut export = begun.map_err(|_| {
        let message = "two exports of large workspaces are under way; read them to their end, or wait";
        Refusal::new(StatusCode::SERVICE_UNAVAILABLE, "too_many_exports", message)
    })??;
    // The first part is written before the response begins, so that an error there still becomes an error response. If
    // it is everything, the response has a length instead of chunks.
    let mut file = fixture::Writer::begin(Vec::new(), &export.workspace).expect("writing to memory does not fail");
    if write_slice(&mut export, &mut file).await? || write_slice(&mut export, &mut file).await? {
        export.settle();
        return Ok(Body::from(file.out).into());
    }
    let parts = stream::try_unfold((Some(export), file), async |(export, mut file)| {
        let part = Bytes::from(std::mem::take(&mut file.out));
        let export = match export {
            Some(mut export) => (!write_slice(&mut export, &mut file).await?).then_some(export),
            None if part.is_empty() => return Ok(None),
            None => None,
        };
        Ok::<_, StoreError>(Some((part, (export, file))))
    });
    Ok(Body::from_stream(parts).into())
}

/// Writes the next assets. Returns whether there are no more.
async fn write_slice(export: &mut Export, file: &mut fixture::Writer<Vec<u8>>) -> Result<bool, StoreError> {
    const IN_MEMORY: &str = "writing to memory does not fail";
    let assets = export.next().await?;
    assets.iter().for_each(|asset| file.asset(asset).expect(IN_MEMORY));
    let is_last = assets.is_empty();
    if is_last {
        file.end().expect(IN_MEMORY);
    }
    Ok(is_last)
}
