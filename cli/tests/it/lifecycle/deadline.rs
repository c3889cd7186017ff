//! The end of the time in which an order can be paid.

use std::time::Duration;

use domain::{Clock, OrderId, OrderStatus, PaymentId, PaymentMethod, SystemClock};

use super::stage::{Stage, TRIES, Trouble, refused, to};
use super::table;

/// How long an order can be paid here: less than MercadoPago is left alone, so that it is not asked before.
pub(super) const PAYABLE: Duration = Duration::from_secs(4);

type Order = Result<OrderId, Trouble>;

table! {
    nobody_pays => "
        order cancelled pix cancelled
        requested by kiosk, cancelled by payment (prazo de pagamento vencido)
        payment pix cancelled, 0.00 back
        log pending > cancelled; closing
        provider cancelled, 0.00 back
    ",
    nobody_pays_at_the_counter => "
        order cancelled counter pending
        requested by kiosk, cancelled by order (prazo de pagamento vencido)
    ",
    approved_just_before_and_nobody_says_so => "
        order paid pix approved
        requested by kiosk, paid by payment
        payment pix approved, 0.00 back
        log pending > approved; closing
        provider approved, 0.00 back
    ",
    the_money_comes_after_it => "
        order refunded pix refunded
        requested by kiosk, cancelled by payment (prazo de pagamento vencido), refunded by payment
        payment pix refunded, 12.50 back
        log pending > cancelled > approved > refunded; closing, refund_requested, refund
        provider refunded, 12.50 back
    ",
}

/// A Pix order whose charge is there before the time to pay is over; on a busy machine it may not be.
async fn charged_in_time(stage: &Stage) -> Result<(OrderId, PaymentId), Trouble> {
    for _ in 0..TRIES {
        let id = stage.placed(PaymentMethod::Pix).await?.id;
        if let Ok(payment) = stage.charged(id).await {
            return Ok((id, payment));
        }
    }
    Err("no order is charged in time".into())
}

async fn nobody_pays(stage: Stage) -> Order {
    let (id, _) = charged_in_time(&stage).await?;
    stage.until(id, OrderStatus::Cancelled).await;
    refused(stage.shop.admin().patch_order(id, &to(OrderStatus::Paid, None), None).await, 409, "illegal_transition")?;
    Ok(id)
}

async fn nobody_pays_at_the_counter(stage: Stage) -> Order {
    Ok(stage.placed(PaymentMethod::Counter).await?.id)
}

/// MercadoPago is asked before anything is given up, and what it says is believed. Played again where somebody asked
/// before the end, or nobody paid before it.
async fn approved_just_before_and_nobody_says_so(stage: Stage) -> Order {
    for _ in 0..TRIES {
        let (id, payment) = charged_in_time(&stage).await?;
        stage.moves_silently(payment, "approved").await?;
        let ends = stage.shop.payments().payment(payment).await?.expires_at.ok_or("a Pix without an end")?;
        if SystemClock.now() < ends {
            stage.until(id, OrderStatus::Paid).await;
            if stage.has_event(payment, "closing").await? {
                return Ok(id);
            }
        }
    }
    Err("the money was noticed each time, or came too late".into())
}

async fn the_money_comes_after_it(stage: Stage) -> Order {
    let (id, payment) = charged_in_time(&stage).await?;
    stage.until(id, OrderStatus::Cancelled).await;
    stage.moves(payment, "approved").await?;
    Ok(id)
}
