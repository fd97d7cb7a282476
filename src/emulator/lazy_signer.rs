//! The key that signs the URLs of uploads, made or read when it is first needed: most servers never sign one, and the
//! first answer of a server has to be quick.

use tokio::sync::OnceCell;

use crate::contract::signer::Signer;
use crate::library::store::{Store, StoreError};
use crate::random;

/// A signer that is made when it is first needed.
#[derive(Debug)]
pub struct LazySigner {
    seed: Option<u64>,
    signer: OnceCell<Signer>,
}

impl LazySigner {
    /// The signer of a server with this seed, so that the same requests get the same URLs. Without one, the key is
    /// random and in the library, so that URLs stay valid when a server is started again with the same file.
    pub fn new(seed: Option<u64>) -> LazySigner {
        LazySigner { seed, signer: OnceCell::new() }
    }

    /// The signer.
    pub async fn get(&self, store: &Store) -> Result<&Signer, StoreError> {
        let make = async || match self.seed {
            Some(seed) => Ok(Signer::seeded(seed)),
            None => Ok(Signer::new(&store.signing_key(&random::secret()).await?)),
        };
        self.signer.get_or_try_init(make).await
    }
}
