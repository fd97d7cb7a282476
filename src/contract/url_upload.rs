//! Routes that make an asset whose file can be at a URL. With `--allow-fetch` the file is read while the request waits.

use futures_util::future::BoxFuture;
use tracing::info;
use url::Url;

use crate::contract::context::Context;
use crate::contract::failure::Failure;
use crate::contract::handler::{Handler, HandlerCall, Input, execute};
use crate::http::fetch::{FetchError, FetchRules, Fetcher};
use crate::http::reply::Reply;
use crate::library::asset::{Asset, StoredAsset};
use crate::library::store::{CreateAsset, StageError, StagedFile, Store};

/// The file at a URL, which is stored and belongs to nobody yet, or why it could not be read.
pub type FetchResult = Result<StagedFile, FetchError>;

/// A file that a request names.
#[derive(Debug)]
pub struct FileAtUrl {
    /// Where it is.
    pub url: Url,
    /// The project that the asset goes to.
    pub project: Option<String>,
}

/// A route that makes an asset from what the request has or from the file at a URL.
#[derive(Debug)]
pub struct UrlUploadHandler {
    /// The file at a URL, if the request names one. It fails if something else is wrong with the request, so that nothing
    /// is read then.
    pub file: fn(&Input, &Context) -> Result<Option<FileAtUrl>, Failure>,
    /// Which URLs and files are taken.
    pub rules: FetchRules,
    /// What the request means, and what was read at the URL; `None`: nothing was.
    pub command: fn(&Input, &Context, Option<&FetchResult>) -> Result<CreateAsset, Failure>,
    /// How the outcome is worded.
    pub reply: fn(&StoredAsset, &Context) -> Reply,
}

impl Handler for UrlUploadHandler {
    fn run<'a>(&'a self, call: HandlerCall<'a>, store: &'a Store) -> BoxFuture<'a, Result<Reply, Failure>> {
        Box::pin(async move {
            let (mut fetched, mut _turn) = (None, None);
            if let (Some(file), Some(fetcher)) = ((self.file)(call.input, &call.context)?, call.fetcher) {
                // What costs little comes first. A request with the same idempotency key as one whose file is being read
                // waits, so that the file is read once.
                if let Some(claim) = &call.input.claim {
                    _turn = store.claim_turn(call.context.workspace(), claim).await;
                }
                let asset = Asset { project: file.project, ..Asset::new(call.context.now) };
                store.check_upload(&asset, &call.caller()).await?;
                fetched = Some(fetch(fetcher, &file.url, self.rules, store).await?);
            }
            let command = (self.command)(call.input, &call.context, fetched.as_ref())?;
            let outcome = execute(command, call, store).await?;
            Ok((self.reply)(&outcome, &call.context))
        })
    }
}

/// Reads the file at a URL into the library. Only the library's own failures fail the request.
async fn fetch(fetcher: &Fetcher, url: &Url, rules: FetchRules, store: &Store) -> Result<FetchResult, Failure> {
    match stage(fetcher, url, rules, store).await {
        Ok(file) => Ok(Ok(file)),
        Err(UrlReadError::Fetch(cause)) => {
            // Only the host, since the rest of a URL can be secret.
            info!(host = url.host_str(), %cause, "the file at a URL was not read");
            Ok(Err(cause))
        }
        Err(UrlReadError::Stage(cause)) => Err(cause.into()),
    }
}

enum UrlReadError {
    Fetch(FetchError),
    Stage(StageError),
}

async fn stage(fetcher: &Fetcher, url: &Url, rules: FetchRules, store: &Store) -> Result<StagedFile, UrlReadError> {
    let mut file = fetcher.open(url, rules).await.map_err(UrlReadError::Fetch)?;
    let mut writer = store.stage();
    while let Some(bytes) = file.next().await.map_err(UrlReadError::Fetch)? {
        writer.write(&bytes).await.map_err(UrlReadError::Stage)?;
    }
    writer.finish(None, file.content_type.take()).await.map_err(UrlReadError::Stage)
}
