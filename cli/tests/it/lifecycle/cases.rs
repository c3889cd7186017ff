use api::order::{Order as PlacedOrder, PatchOrder};
use api::payment::PatchPayment;
use domain::{OrderId, OrderStatus, PaymentId, PaymentMethod, PaymentStatus};
use mercadopago::control::Move;
use testkit::eventually;

use super::stage::{Stage, TRIES, Trouble, refused, to};
use super::table;
use crate::rush::PATIENCE;

type Order = Result<OrderId, Trouble>;

table! {
    whole_refund_in_the_kitchen => "
        order refunded pix refunded
        requested by kiosk, paid by payment, preparing by kitchen, cancelled by payment (pagamento devolvido), refunded by payment
        payment pix refunded, 12.50 back
        log pending > approved > refunded; refund_requested, refund
        provider refunded, 12.50 back
    ",
    a_part => "
        order paid pix approved
        requested by kiosk, paid by payment
        payment pix approved, 5.00 back
        log pending > approved; refund_requested, refund
        provider approved, 5.00 back
    ",
    two_parts_that_are_all => "
        order refunded pix refunded
        requested by kiosk, paid by payment, cancelled by payment (pagamento devolvido), refunded by payment
        payment pix refunded, 12.50 back
        log pending > approved > refunded; refund_requested, refund, refund_requested, refund
        provider refunded, 12.50 back
    ",
    the_same_refund_twice => "
        order paid pix approved
        requested by kiosk, paid by payment
        payment pix approved, 7.00 back
        log pending > approved; refund_requested, refund
        provider approved, 7.00 back
    ",
    more_than_was_paid => "
        order paid pix approved
        requested by kiosk, paid by payment
        payment pix approved, 5.00 back
        log pending > approved; refund_requested, refund
        provider approved, 5.00 back
    ",
    cancelled_before_payment => "
        order cancelled pix cancelled
        requested by kiosk, cancelled by admin
        payment pix cancelled, 0.00 back
        log pending > cancelled; closing
        provider cancelled, 0.00 back
    ",
    cancelled_by_the_customer_and_then_the_money_comes => "
        order refunded pix refunded
        requested by customer, cancelled by customer, refunded by payment
        payment pix refunded, 12.50 back
        log pending > cancelled > approved > refunded; closing, refund_requested, refund
        provider refunded, 12.50 back
    ",
    cancelled_while_the_money_comes_unnoticed => "
        order refunded pix refunded
        requested by kiosk, cancelled by admin (desistiu), refunded by payment
        payment pix refunded, 12.50 back
        log pending > approved > refunded; closing, refund_requested, refund
        provider refunded, 12.50 back
    ",
    cancelled_after_payment => "
        order refunded pix refunded
        requested by kiosk, paid by payment, cancelled by admin (acabou o pão), refunded by payment
        payment pix refunded, 12.50 back
        log pending > approved > refunded; refund_requested, refund
        provider refunded, 12.50 back
    ",
    rejected_by_the_kitchen => "
        order refunded pix refunded
        requested by kiosk, paid by payment, preparing by kitchen, rejected by kitchen (queimou), refunded by payment
        payment pix refunded, 12.50 back
        log pending > approved > refunded; refund_requested, refund
        provider refunded, 12.50 back
    ",
    cancelled_when_ready => "
        order refunded pix refunded
        requested by kiosk, paid by payment, preparing by kitchen, ready_for_pickup by kitchen, cancelled by cashier (ninguém veio buscar), refunded by payment
        payment pix refunded, 12.50 back
        log pending > approved > refunded; refund_requested, refund
        provider refunded, 12.50 back
    ",
    refunded_after_delivery => "
        order delivered pix refunded
        requested by kiosk, paid by payment, preparing by kitchen, ready_for_pickup by kitchen, delivered by kitchen
        payment pix refunded, 12.50 back
        log pending > approved > refunded; refund_requested, refund
        provider refunded, 12.50 back
    ",
    charged_back_in_the_kitchen => "
        order refunded pix charged_back
        requested by kiosk, paid by payment, preparing by kitchen, cancelled by payment (pagamento devolvido), refunded by payment
        payment pix charged_back, 0.00 back
        log pending > approved > charged_back
        provider charged_back, 0.00 back
    ",
    charged_back_after_delivery => "
        order delivered pix charged_back
        requested by kiosk, paid by payment, preparing by kitchen, ready_for_pickup by kitchen, delivered by kitchen
        payment pix charged_back, 0.00 back
        log pending > approved > charged_back
        provider charged_back, 0.00 back
    ",
    a_dispute_that_is_won_after_delivery => "
        order delivered pix approved
        requested by kiosk, paid by payment, preparing by kitchen, ready_for_pickup by kitchen, delivered by kitchen
        payment pix approved, 0.00 back
        log pending > approved > charged_back > approved
        provider approved, 0.00 back
    ",
    a_dispute_that_is_won_for_an_order_that_ended => "
        order refunded pix refunded
        requested by kiosk, paid by payment, cancelled by payment (pagamento devolvido), refunded by payment
        payment pix refunded, 12.50 back
        log pending > approved > charged_back > approved > refunded; refund_requested, refund
        provider refunded, 12.50 back
    ",
    cash_and_then_the_pix_comes => "
        order paid counter approved
        requested by kiosk, paid by cashier
        payment pix refunded, 12.50 back
        log pending > cancelled > approved > refunded; closing, refund_requested, refund
        provider refunded, 12.50 back
        payment counter approved, 0.00 back
        log approved; cash
    ",
    cash_given_back => "
        order refunded counter refunded
        requested by kiosk, paid by cashier, cancelled by cashier (mudou de ideia), refunded by payment
        payment counter refunded, 12.50 back
        log approved > refunded; cash, refund_requested, refund
    ",
    handed_back_after_an_approval_by_hand_and_then_the_pix_comes => "
        order refunded pix refunded
        requested by kiosk, paid by payment, cancelled by admin (desistiu), refunded by payment
        payment pix refunded, 12.50 back
        log pending > approved > refunded; closing, manual, refund_requested, refund, second_approval, refund
        provider refunded, 12.50 back
    ",
    approved_by_hand_and_then_the_pix_comes => "
        order paid pix approved
        requested by kiosk, paid by payment
        payment pix approved, 0.00 back
        log pending > approved; closing, manual, second_approval, refund
        provider refunded, 12.50 back
    ",
    a_checkout_paid_twice => "
        order paid checkout approved
        requested by kiosk, paid by payment
        payment checkout approved, 0.00 back
        log pending > approved; second_approval, refund
        provider approved, 0.00 back
        provider refunded, 12.50 back
    ",
    a_second_qr_code_and_the_first_is_paid => "
        order paid pix approved
        requested by kiosk, paid by payment
        payment pix approved, 0.00 back
        log pending > cancelled > approved; closing
        provider approved, 0.00 back
        payment pix cancelled, 0.00 back
        log pending > cancelled; closing
        provider cancelled, 0.00 back
    ",
}

async fn whole_refund_in_the_kitchen(stage: Stage) -> Order {
    let (id, payment) = stage.paid().await?;
    stage.cooked(id, OrderStatus::Preparing).await?;
    stage.gives_back(payment, None, "all").await?;
    Ok(id)
}

async fn a_part(stage: Stage) -> Order {
    let (id, payment) = stage.paid().await?;
    stage.gives_back(payment, Some(500), "part").await?;
    Ok(id)
}

async fn two_parts_that_are_all(stage: Stage) -> Order {
    let (id, payment) = stage.paid().await?;
    let all = stage.gives_back(payment, Some(500), "one").await?.amount;
    stage.is_back(payment, 500).await;
    stage.gives_back(payment, Some(all.centavos() - 500), "two").await?;
    Ok(id)
}

async fn the_same_refund_twice(stage: Stage) -> Order {
    let (id, payment) = stage.paid().await?;
    let same = || stage.gives_back(payment, Some(700), "same");
    let (one, two) = tokio::join!(same(), same());
    one?;
    two?;
    same().await?;
    refused(stage.gives_back(payment, Some(701), "same").await, 422, "idempotency_mismatch")?;
    Ok(id)
}

async fn more_than_was_paid(stage: Stage) -> Order {
    let (id, payment) = stage.paid().await?;
    let all = stage.gives_back(payment, Some(500), "some").await?.amount;
    refused(stage.gives_back(payment, Some(all.centavos()), "too-much").await, 422, "invalid_body")?;
    refused(stage.gives_back(payment, Some(0), "nothing").await, 422, "invalid_body")?;
    Ok(id)
}

async fn cancelled_before_payment(stage: Stage) -> Order {
    let id = stage.placed(PaymentMethod::Pix).await?.id;
    let payment = stage.charged(id).await?;
    refused(stage.gives_back(payment, None, "early").await, 409, "conflict")?;
    stage.shop.admin().patch_order(id, &to(OrderStatus::Cancelled, None), None).await?;
    Ok(id)
}

/// A customer's order with its charge, given up by the customer.
async fn given_up_by_the_customer(stage: &Stage) -> Result<(OrderId, PaymentId), Trouble> {
    let token = stage.shop.auth().anonymous().await?.access_token;
    let customer = stage.shop.orders_for(&token);
    let id = customer.place(&crate::rush::one(stage.product), None).await?.id;
    let payment = stage.charged(id).await?;
    customer.patch_order(id, &to(OrderStatus::Cancelled, None), None).await?;
    Ok((id, payment))
}

async fn cancelled_by_the_customer_and_then_the_money_comes(stage: Stage) -> Order {
    let (id, payment) = given_up_by_the_customer(&stage).await?;
    stage.closed(payment).await;
    stage.moves(payment, "approved").await?;
    Ok(id)
}

/// MercadoPago's double tells of the new charge, and the answer to that may find the money: then nothing came unnoticed,
/// and it is played again.
async fn cancelled_while_the_money_comes_unnoticed(stage: Stage) -> Order {
    for _ in 0..TRIES {
        let id = stage.placed(PaymentMethod::Pix).await?.id;
        let payment = stage.charged(id).await?;
        stage.moves_silently(payment, "approved").await?;
        stage.shop.admin().patch_order(id, &to(OrderStatus::Cancelled, Some("desistiu")), None).await?;
        stage.until(id, OrderStatus::Refunded).await;
        let noticed = stage.shop.admin().tracking(id).await?.iter().any(|row| row.status == OrderStatus::Paid);
        if !noticed && stage.has_event(payment, "closing").await? {
            return Ok(id);
        }
    }
    Err("the money was noticed each time".into())
}

async fn cancelled_after_payment(stage: Stage) -> Order {
    let (id, _) = stage.paid().await?;
    let admin = stage.shop.admin();
    refused(admin.patch_order(id, &to(OrderStatus::Cancelled, None), None).await, 422, "invalid_body")?;
    let why = to(OrderStatus::Cancelled, Some("acabou o pão"));
    // Twice at once is once.
    let (one, two) = tokio::join!(admin.patch_order(id, &why, None), admin.patch_order(id, &why, None));
    one?;
    two?;
    Ok(id)
}

async fn rejected_by_the_kitchen(stage: Stage) -> Order {
    let (id, _) = stage.paid().await?;
    stage.cooked(id, OrderStatus::Preparing).await?;
    stage.shop.kitchen().patch_order(id, &to(OrderStatus::Rejected, Some("queimou")), None).await?;
    Ok(id)
}

async fn cancelled_when_ready(stage: Stage) -> Order {
    let (id, _) = stage.paid().await?;
    stage.cooked(id, OrderStatus::ReadyForPickup).await?;
    let why: PatchOrder = to(OrderStatus::Cancelled, Some("ninguém veio buscar"));
    refused(stage.shop.kitchen().patch_order(id, &why, None).await, 403, "forbidden")?;
    stage.shop.orders_for(&stage.cashier).patch_order(id, &why, None).await?;
    Ok(id)
}

async fn refunded_after_delivery(stage: Stage) -> Order {
    let (id, payment) = stage.paid().await?;
    stage.cooked(id, OrderStatus::Delivered).await?;
    stage.gives_back(payment, None, "late").await?;
    Ok(id)
}

async fn charged_back_in_the_kitchen(stage: Stage) -> Order {
    let (id, payment) = stage.paid().await?;
    stage.cooked(id, OrderStatus::Preparing).await?;
    stage.moves(payment, "charged_back").await?;
    Ok(id)
}

async fn charged_back_after_delivery(stage: Stage) -> Order {
    let (id, payment) = stage.paid().await?;
    stage.cooked(id, OrderStatus::Delivered).await?;
    stage.moves(payment, "charged_back").await?;
    Ok(id)
}

/// The customer's bank takes the money back, and the shop wins the dispute.
async fn disputed_and_won(stage: &Stage, id: OrderId, payment: PaymentId) -> Result<(), Trouble> {
    stage.moves(payment, "charged_back").await?;
    let kiosk = stage.shop.kiosk();
    let disputed = |order: &PlacedOrder| order.payment_status == PaymentStatus::ChargedBack;
    eventually(PATIENCE, || async { kiosk.order(id).await.ok().filter(disputed) }).await;
    stage.moves(payment, "approved").await
}

async fn a_dispute_that_is_won_after_delivery(stage: Stage) -> Order {
    let (id, payment) = stage.paid().await?;
    stage.cooked(id, OrderStatus::Delivered).await?;
    disputed_and_won(&stage, id, payment).await?;
    Ok(id)
}

async fn a_dispute_that_is_won_for_an_order_that_ended(stage: Stage) -> Order {
    let (id, payment) = stage.paid().await?;
    disputed_and_won(&stage, id, payment).await?;
    Ok(id)
}

async fn cash_and_then_the_pix_comes(stage: Stage) -> Order {
    let id = stage.placed(PaymentMethod::Pix).await?.id;
    let pix = stage.charged(id).await?;
    stage.shop.orders_for(&stage.cashier).patch_order(id, &to(OrderStatus::Paid, None), None).await?;
    stage.closed(pix).await;
    stage.moves(pix, "approved").await?;
    Ok(id)
}

async fn cash_given_back(stage: Stage) -> Order {
    let id = stage.placed(PaymentMethod::Counter).await?.id;
    let cashier = stage.shop.orders_for(&stage.cashier);
    cashier.patch_order(id, &to(OrderStatus::Paid, None), None).await?;
    cashier.patch_order(id, &to(OrderStatus::Cancelled, Some("mudou de ideia")), None).await?;
    Ok(id)
}

/// A Pix order that an administrator called paid, with its charge given up.
async fn approved_by_hand(stage: &Stage) -> Result<(OrderId, PaymentId), Trouble> {
    let id = stage.placed(PaymentMethod::Pix).await?.id;
    let payment = stage.charged(id).await?;
    let patch = PatchPayment { status: PaymentStatus::Approved, reason: "pagou no caixa".to_owned() };
    stage.shop.payments().patch(payment, &patch).await?;
    stage.until(id, OrderStatus::Paid).await;
    stage.given_up(payment).await;
    Ok((id, payment))
}

async fn handed_back_after_an_approval_by_hand_and_then_the_pix_comes(stage: Stage) -> Order {
    let (id, payment) = approved_by_hand(&stage).await?;
    stage.shop.admin().patch_order(id, &to(OrderStatus::Cancelled, Some("desistiu")), None).await?;
    stage.until(id, OrderStatus::Refunded).await;
    stage.moves(payment, "approved").await?;
    Ok(id)
}

async fn approved_by_hand_and_then_the_pix_comes(stage: Stage) -> Order {
    let (id, payment) = approved_by_hand(&stage).await?;
    stage.moves(payment, "approved").await?;
    Ok(id)
}

async fn a_checkout_paid_twice(stage: Stage) -> Order {
    let id = stage.placed(PaymentMethod::Checkout).await?.id;
    let payment = stage.charged(id).await?;
    let pages = stage.shop.sandbox.preferences(&payment.to_string()).await?;
    let page = &pages.first().ok_or("no checkout")?.id;
    let again = Move { force: true, ..Move::to("approved") };
    stage.shop.sandbox.pay_preference(page, &Move::to("approved")).await?;
    stage.until(id, OrderStatus::Paid).await;
    stage.shop.sandbox.pay_preference(page, &again).await?;
    Ok(id)
}

async fn a_second_qr_code_and_the_first_is_paid(stage: Stage) -> Order {
    let id = stage.placed(PaymentMethod::Pix).await?.id;
    let first = stage.charged(id).await?;
    stage.shop.kiosk().pay_again(id, PaymentMethod::Pix).await?;
    stage.closed(first).await;
    stage.charged_after(id, first).await;
    stage.moves(first, "approved").await?;
    Ok(id)
}
