//! `client_credentials` (RFC 6749 §4.4): our own services sign in.

use aws_lc_rs::constant_time::verify_slices_are_equal;
use aws_lc_rs::digest::{SHA256, digest};
use domain::Role;
use secrecy::{ExposeSecret, SecretString};

use crate::authority::Authority;
use crate::error::LoginError;
use crate::settings::Clients;
use crate::token::{Draft, Issued};

/// The names of our services and a hash of each one's secret. The secrets are random keys, so a plain hash is enough; it
/// makes all of them equally long for the comparison.
pub(crate) struct ClientSecrets([(&'static str, [u8; 32]); 2]);

fn hash(secret: &str) -> [u8; 32] {
    let mut hash = [0; 32];
    hash.copy_from_slice(digest(&SHA256, secret.as_bytes()).as_ref());
    hash
}

impl ClientSecrets {
    pub(crate) fn new(clients: &Clients) -> Self {
        ClientSecrets([
            ("order", hash(clients.order.expose_secret())),
            ("payment", hash(clients.payment.expose_secret())),
        ])
    }

    /// The client of that name, if the secret is its own.
    fn find(&self, id: &str, secret: &SecretString) -> Option<&'static str> {
        let given = hash(secret.expose_secret());
        let right = |known: &[u8; 32]| verify_slices_are_equal(known, &given).is_ok();
        self.0.iter().find(|(name, known)| right(known) && *name == id).map(|(name, _)| *name)
    }
}

impl Authority {
    /// Signs in one of our services.
    ///
    /// # Errors
    /// [`LoginError::Wrong`] for an unknown client and for a wrong secret.
    pub fn client_token(&self, id: &str, secret: &SecretString) -> Result<Issued, LoginError> {
        let name = self.clients().find(id, secret).ok_or(LoginError::Wrong)?;
        let draft = Draft {
            subject: name.to_owned(),
            role: Role::Service,
            proof: None,
            name: None,
            life: self.lives().service,
        };
        Ok(self.sign(draft)?)
    }
}
