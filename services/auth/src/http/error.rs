//! The one place where errors of this service become answers.

use std::time::Duration;

use api::ProblemKind;
use domain::TextError;
use web::{Fail, Faults};

use crate::error::{Failure, RegisterError};
use crate::password;

/// What nobody asked for.
pub(super) fn failure(failure: Failure) -> Fail {
    match failure {
        Failure::Store(error) if error.is_unavailable() => Fail::unavailable(error),
        Failure::Store(error) => Fail::internal(error),
        Failure::Busy => Fail::new(
            ProblemKind::Overloaded,
            "Muita gente entrando agora. Tente de novo em instantes.",
            "Too many people are signing in right now. Try again in a moment.",
        )
        .retry_after(Duration::from_secs(1)),
        Failure::Internal(_) => Fail::internal(failure),
    }
}

/// Why a person was not stored.
pub(super) fn register(error: RegisterError) -> Fail {
    match error {
        RegisterError::Taken { email, cpf } => taken(email, cpf),
        RegisterError::Name(fault) => name(fault),
        RegisterError::Password => invalid(
            "/password",
            format!("a senha tem de {} a {} caracteres", password::MIN, password::MAX),
            format!("a password has {} to {} characters", password::MIN, password::MAX),
        ),
        RegisterError::Failed(error) => failure(error),
    }
}

/// No customer with this id or CPF.
pub(super) fn no_customer() -> Fail {
    Fail::not_found("Não há cliente com esse cadastro.", "There is no such customer.")
}

fn taken(email: bool, cpf: bool) -> Fail {
    let mut faults = Faults::new();
    if email {
        faults.body("/email", "já está em uso", "is already in use");
    }
    if cpf {
        faults.body("/cpf", "já está em uso", "is already in use");
    }
    let (pt, en) = match (email, cpf) {
        (true, true) => ("Esse e-mail e esse CPF já têm cadastro.", "This e-mail and this CPF are already registered."),
        (true, false) => ("Esse e-mail já tem cadastro.", "This e-mail is already registered."),
        _ => ("Esse CPF já tem cadastro.", "This CPF is already registered."),
    };
    Fail::new(ProblemKind::Conflict, pt, en).with_faults(faults)
}

fn name(fault: TextError) -> Fail {
    let (pt, en) = match fault {
        TextError::Empty => ("o nome está vazio".to_owned(), "the name is empty".to_owned()),
        TextError::TooLong(max) => {
            (format!("o nome passa de {max} caracteres"), format!("the name is longer than {max} characters"))
        }
        TextError::Control => {
            ("o nome tem caracteres invisíveis".to_owned(), "the name has invisible characters".to_owned())
        }
    };
    invalid("/name", pt, en)
}

fn invalid(pointer: &str, pt: String, en: String) -> Fail {
    let mut faults = Faults::new();
    faults.body(pointer, pt, en);
    faults.check().err().unwrap_or_else(|| Fail::internal("a fault is not empty"))
}
