//! Signing in with a password.

use std::net::IpAddr;

use domain::{Cpf, Email};
use secrecy::SecretString;

use crate::authority::Authority;
use crate::error::LoginError;
use crate::person::Person;
use crate::token::{Draft, Issued, Proof};

impl Authority {
    /// Signs a person in by e-mail or CPF. Whether the person exists changes neither the answer nor the work.
    ///
    /// # Errors
    /// [`LoginError`].
    pub async fn login(&self, username: &str, password: SecretString) -> Result<Issued, LoginError> {
        let person = self.person_called(username).await?;
        let account = self.account(username, person.as_ref());
        // Asked before queueing, so that a blocked account costs nobody else a turn; and again with the turn in hand, so
        // that many guesses at once are no way around it.
        self.throttle().check(&account, self.now()).map_err(LoginError::TooMany)?;
        let turn = self.passwords().turn().await?;
        self.throttle().check(&account, self.now()).map_err(LoginError::TooMany)?;
        let verdict = turn.verify(password, person.as_ref().and_then(|person| person.password.clone())).await?;
        match person {
            Some(person) if verdict.right => {
                self.throttle().succeeded(&account);
                Ok(self.sign(Draft {
                    subject: person.id.to_string(),
                    role: person.role,
                    proof: Some(Proof::Password),
                    name: None,
                    life: self.lives().password,
                })?)
            }
            _ => {
                self.throttle().failed(account, self.now());
                Err(LoginError::Wrong)
            }
        }
    }

    /// The same for somebody at an address, from which only so many wrong passwords are looked at.
    ///
    /// # Errors
    /// [`LoginError`].
    pub async fn login_from(
        &self,
        address: IpAddr,
        username: &str,
        password: SecretString,
    ) -> Result<Issued, LoginError> {
        self.addresses().take(address, self.now()).map_err(LoginError::TooMany)?;
        let answer = self.login(username, password).await;
        if !matches!(answer, Err(LoginError::Wrong)) {
            self.addresses().give_back(address);
        }
        answer
    }

    async fn person_called(&self, username: &str) -> Result<Option<Person>, LoginError> {
        if let Ok(cpf) = username.parse::<Cpf>() {
            return Ok(self.store().person_by_cpf(self.vault().digest(&cpf)).await?);
        }
        match username.parse::<Email>() {
            Ok(email) => Ok(self.store().person_by_email(&email).await?),
            Err(_) => Ok(None),
        }
    }

    /// Guesses by e-mail and by CPF count together for a person; for nobody, each name counts by itself.
    fn account(&self, username: &str, person: Option<&Person>) -> [u8; 32] {
        match person {
            Some(person) => self.vault().digest_text(&format!("person {}", person.id)),
            None => self.vault().digest_text(&format!("nobody {}", username.trim().to_lowercase())),
        }
    }
}
