//! Signing in with a password.

use std::net::IpAddr;

use domain::{Cpf, Email};
use secrecy::SecretString;

use crate::authority::Authority;
use crate::error::LoginError;
use crate::password::PasswordText;
use crate::person::Person;
use crate::token::{Draft, Issued, Proof};

/// What somebody signs in with, so that one name has one spelling.
enum Username {
    Cpf(Cpf),
    Email(Email),
    /// Nobody's.
    Other(String),
}

impl Username {
    fn read(text: &str) -> Self {
        match (text.parse(), text.parse()) {
            (Ok(cpf), _) => Username::Cpf(cpf),
            (_, Ok(email)) => Username::Email(email),
            _ => Username::Other(text.trim().to_lowercase()),
        }
    }

    fn as_str(&self) -> &str {
        match self {
            Username::Cpf(cpf) => cpf.digits(),
            Username::Email(email) => email.as_str(),
            Username::Other(text) => text,
        }
    }
}

impl Authority {
    /// Signs a person in by e-mail or CPF. Whether the person exists changes neither the answer nor the work.
    ///
    /// # Errors
    /// [`LoginError`].
    pub async fn login(&self, username: &str, password: SecretString) -> Result<Issued, LoginError> {
        let username = Username::read(username);
        // By the name alone: what counted by the person would tell which e-mail and which CPF are one person's.
        let account = self.vault().digest_text(&format!("account {}", username.as_str()));
        // Asked before queueing, so that a blocked account costs nobody else a turn; and again with the turn in hand, so
        // that many guesses at once are no way around it.
        self.throttle().check(&account, self.now()).map_err(LoginError::TooMany)?;
        let person = self.person_called(&username).await?;
        let turn = self.passwords().turn().await?;
        self.throttle().check(&account, self.now()).map_err(LoginError::TooMany)?;
        let verdict = turn.verify(password, person.as_ref().and_then(|person| person.password.clone())).await?;
        match person {
            Some(person) if verdict.right => {
                self.throttle().succeeded(&account);
                self.keep_at_todays_cost(&person, verdict.anew).await;
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

    /// A password hashed at an older cost is kept at today's, or the time of an answer would tell who has such a one. It
    /// is no reason to keep anybody out: the next time will do as well.
    async fn keep_at_todays_cost(&self, person: &Person, anew: Option<PasswordText>) {
        let (Some(old), Some(new)) = (&person.password, anew) else { return };
        if let Err(error) = self.store().replace_password(person.id, old, &new).await {
            tracing::warn!(?error, "a password is not kept at today's cost");
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

    async fn person_called(&self, username: &Username) -> Result<Option<Person>, LoginError> {
        match username {
            Username::Cpf(cpf) => Ok(self.store().person_by_cpf(self.vault().digest(cpf)).await?),
            Username::Email(email) => Ok(self.store().person_by_email(email).await?),
            Username::Other(_) => Ok(None),
        }
    }
}
