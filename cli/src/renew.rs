//! How a screen finds the platform again that was started anew elsewhere while it ran.

use std::sync::{Arc, Mutex, PoisonError};

use api::Lang;
use domain::Role;
use tui::Renew;

use crate::args::{Common, Target};
use crate::clients::Session;
use crate::commands::speaking;
use crate::config::Service;
use crate::credentials;

/// Looks into what the platform left in the data directory, and makes a client of it if that is another by now. What
/// was given by flag or environment stays as it was given.
pub(crate) fn from_credentials(
    common: &Common,
    target: &Target,
    session: &Session,
    role: Option<Role>,
    lang: Lang,
) -> Renew {
    let (common, target) = (common.clone(), target.clone());
    let file = session.config.data_dir.join(credentials::FILE);
    let known = Arc::new(Mutex::new(std::fs::read(&file).ok()));
    Arc::new(move || {
        let (common, target, file, known) = (common.clone(), target.clone(), file.clone(), known.clone());
        Box::pin(async move {
            let found = std::fs::read(&file).ok()?;
            if known.lock().unwrap_or_else(PoisonError::into_inner).as_ref() == Some(&found) {
                return None;
            }
            let session = Session::open(&common, &target, Service::Order).ok()?;
            let client = match role {
                Some(role) => session.order(role).await.ok()?,
                None => session.order_public(),
            };
            *known.lock().unwrap_or_else(PoisonError::into_inner) = Some(found);
            Some(speaking(&client, lang))
        })
    })
}
