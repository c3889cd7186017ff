//! The only place where this service's errors become HTTP.

use api::{ProblemKind, pt};
use domain::{MAX_LINES, MAX_QUANTITY, OrderStatus, TextError};
use store::StoreError;
use web::{Fail, Faults};

use crate::catalog::{MenuError, MenuFault};
use crate::notice::NoticeError;
use crate::order::{MAX_ATTEMPTS, PlaceFault};
use crate::place::PlaceError;
use crate::transition::ChangeError;

pub(super) fn store(error: StoreError) -> Fail {
    if error.is_unavailable() { Fail::unavailable(error) } else { Fail::internal(error) }
}

pub(super) fn no_order() -> Fail {
    Fail::not_found("Não encontramos este pedido.", "There is no such order.")
}

pub(super) fn forbidden() -> Fail {
    let pt = "Seu perfil não permite esta ação.";
    Fail::new(ProblemKind::Forbidden, pt, "Your role does not allow this.")
}

pub(super) fn change(error: ChangeError) -> Fail {
    match error {
        ChangeError::NoOrder => no_order(),
        ChangeError::NoLine => Fail::not_found("O pedido não tem este item.", "The order has no such item."),
        ChangeError::OtherVersion(now) => {
            let version = now.version;
            let pt = format!("O pedido mudou: agora está na versão {version}. Leia de novo antes de alterar.");
            let en =
                format!("The order has changed: it is at version {version} now. Read it again before changing it.");
            Fail::new(ProblemKind::VersionConflict, pt, en).order(now)
        }
        ChangeError::Unpaid(now) => {
            let (pt, en) = ("O pedido ainda aguarda o pagamento.", "The order still waits for its payment.");
            Fail::new(ProblemKind::IllegalTransition, pt, en).allowed(Vec::new()).order(now)
        }
        ChangeError::AlreadyPaid(now) => {
            Fail::new(ProblemKind::AlreadyPaid, "O pedido já está pago.", "The order is paid already.").order(now)
        }
        ChangeError::TooManyAttempts(now) => {
            let pt = format!("Já houve {MAX_ATTEMPTS} tentativas de pagamento. Faça outro pedido ou pague no caixa.");
            let en = format!("There were {MAX_ATTEMPTS} attempts to pay. Place another order, or pay at the counter.");
            Fail::new(ProblemKind::Conflict, pt, en).order(now)
        }
        ChangeError::Illegal { allowed, now } => illegal(now.status, allowed).order(now),
        ChangeError::NotForRole => forbidden(),
        ChangeError::ReasonMissing => {
            faulty(|faults| faults.body("/reason", "informe o motivo", "a reason is required"))
        }
        ChangeError::OtherBody => mismatch(),
        ChangeError::Store(error) => store(error),
    }
}

/// `allowed` goes with it as a list, in the words of the API.
fn illegal(status: OrderStatus, allowed: Vec<OrderStatus>) -> Fail {
    let (pt, en) = if allowed.is_empty() {
        ("Não há mais nada a mudar neste pedido.".to_owned(), "Nothing can be changed now.".to_owned())
    } else {
        let possible: Vec<_> = allowed.iter().map(|status| pt::order(*status)).collect();
        (
            format!("O pedido não pode ir para aí. Agora pode ficar: {}.", possible.join(", ")),
            format!("An order that is {status} can't go there."),
        )
    };
    Fail::new(ProblemKind::IllegalTransition, pt, en).allowed(allowed)
}

fn mismatch() -> Fail {
    let pt = "Esta Idempotency-Key já foi usada com outro pedido.";
    Fail::new(ProblemKind::IdempotencyMismatch, pt, "This Idempotency-Key was used for another order.")
}

/// 422 with the faults that are added.
pub(super) fn faulty(add: impl FnOnce(&mut Faults)) -> Fail {
    let mut faults = Faults::new();
    add(&mut faults);
    match faults.check() {
        Err(fail) => fail,
        Ok(()) => Fail::internal("a refusal without a fault"),
    }
}

pub(super) fn place(error: PlaceError) -> Fail {
    match error {
        PlaceError::Faults(list) => faulty(|faults| list.into_iter().for_each(|fault| place_fault(faults, fault))),
        PlaceError::Mismatch => mismatch(),
        PlaceError::Store(error) => store(error),
    }
}

pub(super) fn place_fault(faults: &mut Faults, fault: PlaceFault) {
    let item = |n: usize, field: &str| format!("/order_items/{n}/{field}");
    match fault {
        PlaceFault::NoLines => faults.body("/order_items", "o pedido precisa de ao menos um item", "at least one item"),
        PlaceFault::TooManyLines => {
            let (pt, en) = (format!("no máximo {MAX_LINES} itens"), format!("at most {MAX_LINES} items"));
            faults.body("/order_items", pt, en);
        }
        PlaceFault::Quantity(n) => {
            let (pt, en) = (format!("de 1 a {MAX_QUANTITY}"), format!("from 1 to {MAX_QUANTITY}"));
            faults.body(item(n, "quantity"), pt, en);
        }
        PlaceFault::UnknownProduct(n) => {
            faults.body(item(n, "product_id"), "este produto não existe", "there is no such product");
        }
        PlaceFault::DisabledProduct(n) => {
            faults.body(item(n, "product_id"), "este produto está em falta", "this product is sold out");
        }
        PlaceFault::Comment(n, error) => text(faults, &item(n, "comment"), error),
        PlaceFault::PickupName(error) => text(faults, "/pickup_name", error),
        PlaceFault::Total => {
            faults.body("/order_items", "o total passa de R$ 99.999,99", "the total is over 99,999.99");
        }
    }
}

/// A text that can't be taken as it is.
pub(super) fn text(faults: &mut Faults, pointer: &str, error: TextError) {
    match error {
        TextError::Empty => faults.body(pointer, "não pode ficar em branco", "must not be blank"),
        TextError::TooLong(max) => {
            faults.body(pointer, format!("no máximo {max} caracteres"), format!("at most {max} characters"));
        }
        TextError::Control => faults.body(pointer, "tem um caractere de controle", "has a control character"),
    }
}

pub(super) fn menu(error: MenuError) -> Fail {
    match error {
        MenuError::Faults(list) => faulty(|faults| list.into_iter().for_each(|fault| menu_fault(faults, fault))),
        MenuError::NameTaken => {
            Fail::new(ProblemKind::Conflict, "Já existe um com este nome.", "There is one with this name already.")
        }
        MenuError::InUse => {
            Fail::new(ProblemKind::Conflict, "A categoria ainda tem produtos.", "The category still has products.")
        }
        MenuError::Gone => Fail::not_found("Não está no cardápio.", "It is not on the menu."),
        MenuError::Store(error) => store(error),
    }
}

fn menu_fault(faults: &mut Faults, fault: MenuFault) {
    match fault {
        MenuFault::Name(error) => text(faults, "/name", error),
        MenuFault::Description(error) => text(faults, "/description", error),
        MenuFault::Price => faults.body("/price", "de R$ 0,01 a R$ 9.999,99", "from 0.01 to 9,999.99"),
        MenuFault::NoCategory => faults.body("/category_id", "esta categoria não existe", "there is no such category"),
    }
}

pub(super) fn notice(error: NoticeError) -> Fail {
    match error {
        NoticeError::NoOrder => no_order(),
        NoticeError::Amount => {
            let (pt, en) = ("não é o total do pedido", "is not the total of the order");
            faulty(|faults| faults.body("/amount", pt, en))
        }
        NoticeError::Store(error) => store(error),
    }
}
