//! Letting a customer in at the kiosk: identify, register, anonymous.

use api::auth::{Admitted, Register};
use domain::{Cpf, CustomerId, Email, MAX_NAME, Role, clean_line};
use secrecy::{ExposeSecret, SecretString};

use crate::authority::Authority;
use crate::error::{Failure, RegisterError};
use crate::password::is_acceptable;
use crate::person::Person;
use crate::store::Inserted;
use crate::token::{Draft, Proof};

/// A person to be stored.
pub(crate) struct NewPerson {
    pub(crate) role: Role,
    pub(crate) name: String,
    pub(crate) email: Email,
    pub(crate) cpf: Option<Cpf>,
    pub(crate) password: Option<SecretString>,
}

impl Authority {
    /// The customer with this CPF and a token for ordering; none when nobody has it. Whoever types a CPF learns a first
    /// name and masked data, no more; and whoever it is, the token is a customer's.
    ///
    /// # Errors
    /// [`Failure`].
    pub async fn identify(&self, cpf: &Cpf) -> Result<Option<Admitted>, Failure> {
        let found = self.store().person_by_cpf(self.vault().digest(cpf)).await?;
        let Some(person) = found else { return Ok(None) };
        let shown = Shown {
            name: person.first_name().map(str::to_owned),
            email: person.email.as_ref().map(Email::masked),
            cpf: Some(cpf.masked()),
        };
        self.admitted(person.id, shown).map(Some)
    }

    /// Makes a customer.
    ///
    /// # Errors
    /// [`RegisterError`].
    pub async fn register(&self, body: Register) -> Result<Admitted, RegisterError> {
        let shown_email = body.email.as_str().to_owned();
        let shown_cpf = body.cpf.masked();
        let person = self
            .store_person(NewPerson {
                role: Role::Customer,
                name: body.name,
                email: body.email,
                cpf: Some(body.cpf),
                password: body.password.map(SecretString::from),
            })
            .await?;
        Ok(self.admitted(person.id, Shown { name: person.name, email: Some(shown_email), cpf: Some(shown_cpf) })?)
    }

    /// Makes a customer of whom nothing is known.
    ///
    /// # Errors
    /// [`Failure`].
    pub async fn anonymous(&self) -> Result<Admitted, Failure> {
        let person = Person {
            id: CustomerId::new(),
            role: Role::Customer,
            name: None,
            email: None,
            cpf: None,
            password: None,
            created_at: self.now(),
        };
        let id = person.id;
        self.store().insert_person(person).await?;
        self.admitted(id, Shown { name: None, email: None, cpf: None })
    }

    fn admitted(&self, id: CustomerId, shown: Shown) -> Result<Admitted, Failure> {
        let issued = self.sign(Draft {
            subject: id.to_string(),
            role: Role::Customer,
            proof: Some(Proof::Presence),
            name: None,
            life: self.lives().presence,
        })?;
        Ok(Admitted {
            id,
            name: shown.name,
            email: shown.email,
            cpf: shown.cpf,
            role: Role::Customer,
            access_token: issued.token,
            token_type: "bearer".to_owned(),
            expires_in: issued.expires_in,
        })
    }

    /// Checks, hashes and stores.
    pub(crate) async fn store_person(&self, new: NewPerson) -> Result<Person, RegisterError> {
        let name = clean_line(&new.name, MAX_NAME).map_err(RegisterError::Name)?;
        let id = CustomerId::new();
        let cpf = new.cpf.as_ref().map(|cpf| self.vault().seal(id, cpf)).transpose()?;
        let password = match new.password {
            Some(password) => {
                if !is_acceptable(password.expose_secret()) {
                    return Err(RegisterError::Password);
                }
                Some(self.passwords().turn().await?.hash(password).await?)
            }
            None => None,
        };
        let person = Person {
            id,
            role: new.role,
            name: Some(name),
            email: Some(new.email),
            cpf,
            password,
            created_at: self.now(),
        };
        match self.store().insert_person(person.clone()).await? {
            Inserted::New => Ok(person),
            Inserted::Taken { email, cpf } => Err(RegisterError::Taken { email, cpf }),
        }
    }
}

/// What the answer tells about a person.
struct Shown {
    name: Option<String>,
    email: Option<String>,
    cpf: Option<String>,
}
