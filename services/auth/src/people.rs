//! Administrators and what they see; who a token is.

use std::fmt;

use api::auth::{Customer, Me, NewAdmin};
use domain::{Cpf, CustomerId, Email, Page, Role};
use secrecy::SecretString;

use crate::admit::NewPerson;
use crate::authority::Authority;
use crate::error::{Failure, RegisterError};
use crate::person::Person;
use crate::secret;
use crate::token::Proof;

/// Who a checked token speaks of.
pub(crate) struct Bearer<'a> {
    pub(crate) subject: &'a str,
    pub(crate) role: Role,
    pub(crate) amr: Option<&'a str>,
    pub(crate) label: Option<&'a str>,
}

/// The administrator made by the first start. `Debug` hides the password.
pub struct FirstAdmin {
    /// The id.
    pub id: CustomerId,
    /// To sign in with.
    pub email: Email,
    /// Shown this once; the store keeps only its hash.
    pub password: SecretString,
}

impl fmt::Debug for FirstAdmin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FirstAdmin").field("id", &self.id).finish_non_exhaustive()
    }
}

impl Authority {
    /// Makes an administrator.
    ///
    /// # Errors
    /// [`RegisterError`].
    pub async fn create_admin(&self, body: NewAdmin) -> Result<Customer, RegisterError> {
        let person = self
            .store_person(NewPerson {
                role: Role::Admin,
                name: body.name,
                email: body.email,
                cpf: Some(body.cpf),
                password: Some(body.password.into()),
            })
            .await?;
        Ok(self.customer(person)?)
    }

    /// Makes an administrator with a generated password if there is none yet; none is made otherwise.
    ///
    /// # Errors
    /// [`RegisterError`]; the e-mail may be a customer's.
    pub async fn ensure_admin(&self, name: &str, email: Email) -> Result<Option<FirstAdmin>, RegisterError> {
        if self.store().has_role(Role::Admin).await? {
            return Ok(None);
        }
        let password = generated_password()?;
        let new = NewPerson {
            role: Role::Admin,
            name: name.to_owned(),
            email: email.clone(),
            cpf: None,
            password: Some(password.clone()),
        };
        match self.store_person(new).await {
            Ok(person) => Ok(Some(FirstAdmin { id: person.id, email, password })),
            // Another process came first with the same e-mail.
            Err(RegisterError::Taken { .. }) if self.store().has_role(Role::Admin).await? => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Persons, newest first, and how many there are (counted to one beyond [`Page::COUNT_CAP`]); only the one with the
    /// id, if one is given.
    ///
    /// # Errors
    /// [`Failure`].
    pub async fn customers(&self, only: Option<CustomerId>, page: Page) -> Result<(Vec<Customer>, u64), Failure> {
        let found = self.store().persons(only, page).await?;
        let items = found.items.into_iter().map(|person| self.customer(person)).collect::<Result<_, _>>()?;
        Ok((items, found.total))
    }

    /// One person.
    ///
    /// # Errors
    /// [`Failure`].
    pub async fn find_customer(&self, id: CustomerId) -> Result<Option<Customer>, Failure> {
        self.store().person(id).await?.map(|person| self.customer(person)).transpose()
    }

    /// Who a token is. A token got by typing a CPF shows no more than typing it did.
    pub(crate) async fn me(&self, bearer: Bearer<'_>) -> Result<Me, Failure> {
        let person = match bearer.subject.parse::<CustomerId>() {
            Ok(id) => self.store().person(id).await?,
            Err(_) => None,
        };
        let id = bearer.subject.to_owned();
        let Some(person) = person else {
            return Ok(Me { id, name: bearer.label.map(str::to_owned), email: None, cpf: None, role: bearer.role });
        };
        let cpf = self.cpf(&person)?.map(|cpf| cpf.masked());
        let masked = bearer.amr == Some(Proof::Presence.as_str());
        let (name, email) = if masked {
            (person.first_name().map(str::to_owned), person.email.as_ref().map(Email::masked))
        } else {
            (person.name, person.email.map(|email| email.as_str().to_owned()))
        };
        Ok(Me { id, name, email, cpf, role: bearer.role })
    }

    fn customer(&self, person: Person) -> Result<Customer, Failure> {
        let cpf = self.cpf(&person)?.map(|cpf| cpf.masked());
        Ok(Customer {
            id: person.id,
            name: person.name,
            email: person.email.map(|email| email.as_str().to_owned()),
            cpf,
            role: person.role,
            created_at: person.created_at,
        })
    }

    fn cpf(&self, person: &Person) -> Result<Option<Cpf>, Failure> {
        person.cpf.as_ref().map(|cpf| self.vault().reveal(person.id, cpf)).transpose()
    }
}

/// 144 random bits in 24 characters of base64url, which a terminal selects with one double click.
fn generated_password() -> Result<SecretString, Failure> {
    use base64::Engine;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;
    Ok(URL_SAFE_NO_PAD.encode(secret::random::<18>()?).into())
}
