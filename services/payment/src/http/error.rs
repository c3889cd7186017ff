//! The one place where errors of this service become answers.

use api::{ProblemKind, pt};
use domain::PaymentStatus;
use mercadopago::signature::SignatureError;
use store::StoreError;
use web::{Fail, Faults};

use crate::create::CreateFailed;
use crate::payment::{NotOpen, RefundRefused};
use crate::refund::RefundFailed;

pub(super) fn store(error: StoreError) -> Fail {
    if error.is_unavailable() { Fail::unavailable(error) } else { Fail::internal(error) }
}

/// No payment with this id, or somebody else's.
pub(super) fn no_payment() -> Fail {
    Fail::not_found("Não há pagamento com esse código.", "There is no such payment.")
}

/// A payment without anything to draw.
pub(super) fn no_picture() -> Fail {
    Fail::not_found("Esse pagamento não tem QR code.", "This payment has no QR code.")
}

pub(super) fn create(error: CreateFailed) -> Fail {
    match error {
        CreateFailed::KeyReused => key_reused(),
        CreateFailed::ChargeExists(live) => Fail::new(
            ProblemKind::ChargeExists,
            "Esse pedido já tem uma cobrança em aberto.",
            "This order has a live charge already.",
        )
        .charge(live),
        CreateFailed::Store(error) => store(error),
    }
}

pub(super) fn refund(error: RefundFailed) -> Fail {
    match error {
        RefundFailed::Refused(RefundRefused::KeyReused) => key_reused(),
        RefundFailed::Refused(RefundRefused::NotPaid(status)) => not_refundable(status),
        RefundFailed::Refused(RefundRefused::Amount { left }) => {
            let mut faults = Faults::new();
            faults.body(
                "/amount",
                format!("ainda podem ser devolvidos {}", left.brl()),
                format!("{left} BRL can still go back"),
            );
            invalid(faults)
        }
        RefundFailed::ByProvider => {
            let (pt, en) = ("O MercadoPago recusou a devolução.", "MercadoPago refused the refund.");
            Fail::new(ProblemKind::RefundRefused, pt, en)
        }
        RefundFailed::Store(error) => store(error),
    }
}

fn not_refundable(status: PaymentStatus) -> Fail {
    let (pt, en) = if status.was_paid() {
        ("Esse dinheiro já voltou.", "This money has gone back already.")
    } else {
        ("Esse pagamento não foi aprovado.", "This payment was not approved.")
    };
    Fail::new(ProblemKind::Conflict, pt, en)
}

pub(super) fn not_open(NotOpen(status): NotOpen) -> Fail {
    Fail::new(
        ProblemKind::IllegalTransition,
        format!("O pagamento está {}: só um pagamento em aberto pode ser alterado.", pt::payment(status)),
        format!("The payment is {status}: only an open payment can be changed."),
    )
}

pub(super) fn not_by_hand(status: PaymentStatus) -> Fail {
    Fail::new(
        ProblemKind::IllegalTransition,
        format!("Um pagamento só pode ser aprovado ou cancelado manualmente, não {}.", pt::payment(status)),
        format!("A payment can only be approved or cancelled by hand, not {status}."),
    )
}

pub(super) fn unsigned(why: SignatureError) -> Fail {
    Fail::new(
        ProblemKind::Unauthenticated,
        "A assinatura da notificação falta ou não vale.",
        "The signature of the notification is missing or does not hold.",
    )
    .challenge(r#"MercadoPago realm="webhook", header="x-signature""#)
    .caused_by(why)
}

/// 422 with these faults, of which there is at least one.
pub(super) fn invalid(faults: Faults) -> Fail {
    faults.check().err().unwrap_or_else(|| Fail::internal("a fault is not empty"))
}

fn key_reused() -> Fail {
    Fail::new(
        ProblemKind::IdempotencyMismatch,
        "Essa chave de idempotência já foi usada com outros dados.",
        "This idempotency key was used with other data.",
    )
}
