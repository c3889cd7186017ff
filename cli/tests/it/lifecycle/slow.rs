//! Refunds that MercadoPago cannot carry out at once.

use api::{DeadLetter, Replay};
use domain::{OrderId, OrderStatus, PaymentId};
use mercadopago::control::{Chaos, RefundEnd};
use testkit::eventually;

use super::stage::{Stage, Trouble, to};
use super::table;
use crate::rush::PATIENCE;

type Order = Result<OrderId, Trouble>;

table! {
    a_refund_that_takes_its_time => "
        order refunded pix refunded
        requested by kiosk, paid by payment, cancelled by admin (acabou o pão), refunded by payment
        payment pix refunded, 12.50 back
        log pending > approved > refunded; refund_requested, refund, refund
        provider refunded, 12.50 back
    ",
    a_refund_under_way_when_the_order_is_cancelled => "
        order refunded pix refunded
        requested by kiosk, paid by payment, cancelled by admin (desistiu), refunded by payment
        payment pix refunded, 12.50 back
        log pending > approved > refunded; refund_requested, refund, refund
        provider refunded, 12.50 back
    ",
    a_refund_under_way_when_the_order_is_cancelled_and_refused_in_the_end => "
        order cancelled pix approved
        requested by kiosk, paid by payment, cancelled by admin (desistiu)
        payment pix approved, 0.00 back
        log pending > approved; refund_requested, refund, refund_refused
        provider approved, 0.00 back
        1250 centavos are kept for an order that was given up
    ",
    a_refund_that_is_refused_in_the_end => "
        order cancelled pix approved
        requested by kiosk, paid by payment, cancelled by admin (acabou o pão)
        payment pix approved, 0.00 back
        log pending > approved; refund_requested, refund, refund_refused
        provider approved, 0.00 back
        1250 centavos are kept for an order that was given up
    ",
    a_refused_refund_that_is_replayed => "
        order refunded pix refunded
        requested by kiosk, paid by payment, cancelled by admin (acabou o pão), refunded by payment
        payment pix refunded, 12.50 back
        log pending > approved > refunded; refund_requested, refund, refund_refused, refund_requested, refund, refund
        provider refunded, 12.50 back
    ",
}

async fn a_refund_that_takes_its_time(stage: Stage) -> Order {
    waits_and_ends(&stage, RefundEnd::Approved).await.map(|(id, _)| id)
}

async fn a_refund_that_is_refused_in_the_end(stage: Stage) -> Order {
    waits_and_ends(&stage, RefundEnd::Rejected).await.map(|(id, _)| id)
}

async fn a_refund_under_way_when_the_order_is_cancelled(stage: Stage) -> Order {
    cancelled_under_way(&stage, RefundEnd::Approved).await.map(|(id, _)| id)
}

/// The refund that was refused is told as a dead letter.
async fn a_refund_under_way_when_the_order_is_cancelled_and_refused_in_the_end(stage: Stage) -> Order {
    let (id, payment) = cancelled_under_way(&stage, RefundEnd::Rejected).await?;
    letter(&stage, payment).await;
    Ok(id)
}

/// An administrator gives all of it back; while MercadoPago works on that, the order is cancelled.
async fn cancelled_under_way(stage: &Stage, end: RefundEnd) -> Result<(OrderId, PaymentId), Trouble> {
    slow_refunds(stage).await?;
    let (id, payment) = stage.paid().await?;
    stage.gives_back(payment, None, "all").await?;
    let waiting = stage.waiting(payment).await;
    stage.shop.admin().patch_order(id, &to(OrderStatus::Cancelled, Some("desistiu")), None).await?;
    // The order has asked for the same money: once a refund is refused, asking would be another try.
    stage.logged(payment, "refund_joined").await;
    stage.shop.sandbox.finish_refunds(&waiting.id, end).await?;
    Ok((id, payment))
}

/// The dead letter that a refused refund of the payment becomes.
async fn letter(stage: &Stage, payment: PaymentId) -> DeadLetter {
    let payments = stage.shop.payments();
    eventually(PATIENCE, || async {
        let letters = payments.http().dead_letters(0, 100).await.ok()?.items;
        letters.into_iter().find(|letter| letter.aggregate == payment.to_string())
    })
    .await
}

/// From now on MercadoPago takes its time for refunds.
async fn slow_refunds(stage: &Stage) -> Result<(), Trouble> {
    let waits = Chaos { refunds_in_process: 1.0, refund_settles_ms: None, ..Chaos::default() };
    stage.shop.sandbox.set_chaos(&waits).await?;
    Ok(())
}

/// The dead letter is what the money waits for; whoever replays it asks anew.
async fn a_refused_refund_that_is_replayed(stage: Stage) -> Order {
    let (id, payment) = waits_and_ends(&stage, RefundEnd::Rejected).await?;
    let letter = letter(&stage, payment).await;
    stage.shop.payments().http().replay(Replay { id: Some(letter.id) }).await?;
    let waiting = stage.waiting(payment).await;
    stage.shop.sandbox.finish_refunds(&waiting.id, RefundEnd::Approved).await?;
    Ok(id)
}

/// A paid order is cancelled; its refund waits at MercadoPago, and nobody calls the money gone before it ends.
async fn waits_and_ends(stage: &Stage, end: RefundEnd) -> Result<(OrderId, PaymentId), Trouble> {
    slow_refunds(stage).await?;
    let (id, payment) = stage.paid().await?;
    stage.shop.admin().patch_order(id, &to(OrderStatus::Cancelled, Some("acabou o pão")), None).await?;
    let waiting = stage.waiting(payment).await;
    let order = stage.shop.admin().order(id).await?;
    if order.status != OrderStatus::Cancelled
        || stage.shop.payments().payment(payment).await?.refunded_amount.is_positive()
    {
        return Err(format!("the money counts as gone while MercadoPago has it: {order:?}").into());
    }
    stage.shop.sandbox.finish_refunds(&waiting.id, end).await?;
    Ok((id, payment))
}
