//! Makes a key, as a vendor's login does.

use std::slice;

use sqlx::SqliteConnection;

use super::command::{Caller, Command, CommandError, Decision};
use crate::clock::Micros;
use crate::library::model::Instant;
use crate::library::store::key;
use crate::library::store::write::Write;
use crate::library::workspace::{Key, Refresh};
use crate::random::Rng;

/// Makes one key of the caller's provider in the caller's workspace.
#[derive(Debug)]
pub struct CreateKey {
    /// The user it acts as.
    pub user: String,
    /// When it expires.
    pub expires_at: Micros,
    /// When its refresh token expires; `None`: it has none.
    pub refreshed_until: Option<Micros>,
    /// How many active keys without a refresh token the user may have before; `None`: any number.
    pub most: Option<usize>,
    /// Makes a text in the vendor's form, for the key or its refresh token.
    pub new_text: fn(&Rng) -> String,
    /// Where the texts' randomness comes from.
    pub entropy: u128,
}

impl Command for CreateKey {
    type Outcome = Key;

    type Change = Key;

    const CHANGES_COLLECTION: bool = false;

    async fn decide(
        &self,
        read: &mut SqliteConnection,
        _: i64,
        caller: &Caller<'_>,
    ) -> Result<Decision<Key, Key>, CommandError> {
        if let Some(most) = self.most
            && lasting_keys(read, caller, &self.user).await? >= most
        {
            return Err(CommandError::TooManyKeys { most });
        }
        let rng = Rng::seeded(self.entropy as u64);
        let refresh = match self.refreshed_until {
            Some(end) => Some(Refresh { token: self.unused_text(read, caller, &rng).await?, expires_at: Instant(end) }),
            None => None,
        };
        Ok(Decision::Change(Key {
            user: Some(self.user.clone()),
            expires_at: Some(Instant(self.expires_at)),
            refresh,
            ..Key::new(caller.provider, self.unused_text(read, caller, &rng).await?)
        }))
    }

    async fn apply(key: Key, write: &mut Write, caller: &Caller<'_>) -> Result<Key, CommandError> {
        write.add_keys(caller.workspace, slice::from_ref(&key)).await?;
        Ok(key)
    }
}

impl CreateKey {
    /// A text that is neither a key nor a refresh token yet. With a seed, workspaces draw the same random numbers as one
    /// another, and the same again after a restart over the same file. Each try draws the next numbers, so there are at
    /// most as many tries as texts in use.
    async fn unused_text(
        &self,
        read: &mut SqliteConnection,
        caller: &Caller<'_>,
        rng: &Rng,
    ) -> Result<String, CommandError> {
        loop {
            let text = (self.new_text)(rng);
            if !key::is_used(read, caller.provider, &text).await? {
                return Ok(text);
            }
        }
    }
}

/// How many active keys without a refresh token this user has at the caller's provider.
async fn lasting_keys(read: &mut SqliteConnection, caller: &Caller<'_>, user: &str) -> Result<usize, CommandError> {
    let keys = key::of_workspace(read, caller.workspace).await?;
    let is_active = |key: &Key| !key.revoked && key.expires_at.is_none_or(|end| end.0 > caller.now);
    let lasting = keys.iter().filter(|key| key.provider == caller.provider && key.user.as_deref() == Some(user));
    Ok(lasting.filter(|key| key.refresh.is_none() && is_active(key)).count())
}
