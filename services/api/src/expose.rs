//! Personal data has no `Serialize`; the bodies that have to carry it say so field by field with these.

use domain::{Cpf, Email};
use serde::Serializer;

pub(crate) fn cpf<S: Serializer>(cpf: &Cpf, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(cpf.digits())
}

pub(crate) fn email<S: Serializer>(email: &Email, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(email.as_str())
}

pub(crate) fn email_if_any<S: Serializer>(email: &Option<Email>, serializer: S) -> Result<S::Ok, S::Error> {
    match email {
        Some(email) => serializer.serialize_some(email.as_str()),
        None => serializer.serialize_none(),
    }
}
