//! The menu as it hangs on the wall: kept in memory, read again after each change.

use std::sync::{Arc, PoisonError, RwLock};

use store::StoreResult;

use crate::digest;
use crate::menu::Menu;
use crate::store::Store;

/// A menu and the entity tag of everything that is read from it.
#[derive(Debug)]
pub(crate) struct Hung {
    pub(crate) menu: Menu,
    pub(crate) tag: String,
}

impl Hung {
    fn new(menu: Menu) -> Self {
        let bytes = serde_json::to_vec(&(menu.categories(), menu.products())).unwrap_or_default();
        Hung { tag: digest::etag(&bytes), menu }
    }
}

/// The menu in memory.
pub(crate) struct Wall {
    now: RwLock<Arc<Hung>>,
    /// One reads at a time, so that an older state never replaces a newer one.
    turn: tokio::sync::Mutex<()>,
}

impl Wall {
    pub(crate) fn new(menu: Menu) -> Self {
        Wall { now: RwLock::new(Arc::new(Hung::new(menu))), turn: tokio::sync::Mutex::default() }
    }

    pub(crate) fn read(&self) -> Arc<Hung> {
        self.now.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Takes over what the store holds.
    pub(crate) async fn renew(&self, store: &dyn Store) -> StoreResult<()> {
        let _turn = self.turn.lock().await;
        let fresh = Arc::new(Hung::new(store.menu().await?));
        *self.now.write().unwrap_or_else(PoisonError::into_inner) = fresh;
        Ok(())
    }
}
