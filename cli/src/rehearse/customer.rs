//! One customer, from the door to the end.

use std::time::{Duration, Instant};

use api::client::OrderClient;
use api::order::{NewLine, NewOrder, Order, PatchOrder};
use domain::{OrderId, OrderStatus, PaymentId, PaymentMethod};
use mercadopago::Error;
use mercadopago::control::{Delivered, Move, RawNotification, SandboxPayment};

use super::dice::Dice;
use super::meter::{Complaint, Stretch};
use super::plan::{Course, Script, Who};
use super::stage::Stage;

/// How often a customer looks for the QR code: soon at first, then less.
const FIRST_LOOK: Duration = Duration::from_millis(50);
const LAST_LOOK: Duration = Duration::from_secs(1);
/// Copies of a false notification about nothing.
const FLOOD: u32 = 9;

/// Why a customer could not go on: one sentence.
type Visit<T = ()> = Result<T, String>;

impl Stage {
    /// Plays a customer. What goes against the script is noted.
    pub(crate) async fn visit(&self, script: &Script) {
        let mut placed = None;
        if let Err(what) = self.play(script, &mut placed).await {
            self.found(placed, Some(script.n), format!("{:?}: {what}", script.course));
            if let Some(id) = placed {
                self.book.strike(id);
            }
        }
    }

    async fn play(&self, script: &Script, placed: &mut Option<OrderId>) -> Visit {
        let orders = self.orders_for(script).await.map_err(|error| said("was not let in", &error))?;
        let (body, key) = (self.wanted(script), format!("{}-{}", self.run, script.n));
        let begun = Instant::now();
        let place = || orders.place(&body, Some(&key));
        let order = self.insist(place).await.map_err(|error| said("could not order", &error))?;
        self.meter.took(Stretch::Placed, begun.elapsed());
        *placed = Some(order.id);
        self.book.enter(order.id, script.n, script.is_cooked());
        if script.taps_twice {
            let again = self.insist(place).await.map_err(|error| said("could not tap twice", &error))?;
            if again.id != order.id {
                return Err(format!("tapped twice and got {} as well", again.id));
            }
        }
        let order = if script.method == PaymentMethod::Counter {
            order
        } else {
            let order = self.charged(&orders, order, None).await?;
            self.meter.took(Stretch::Charged, begun.elapsed());
            order
        };
        tokio::time::sleep(self.thinking.mul_f64(script.thinks)).await;
        Customer { stage: self, script, orders, luck: Dice::new(script.luck, 0) }.settle_up(order).await
    }

    fn wanted(&self, script: &Script) -> NewOrder {
        let product = |any: u32| self.menu[any as usize % self.menu.len()];
        let line = |line: &super::plan::Line| NewLine {
            product_id: product(line.product),
            quantity: line.quantity,
            comment: line.wish.map(str::to_owned),
        };
        NewOrder {
            customer_id: None,
            order_items: script.lines.iter().map(line).collect(),
            payment_method: Some(script.method),
            email: None,
            pickup_name: None,
        }
    }

    /// The order once it can be paid, by another charge than `not`.
    async fn charged(&self, orders: &OrderClient, mut order: Order, not: Option<PaymentId>) -> Visit<Order> {
        let (until, mut pause) = (Instant::now() + self.patience, FIRST_LOOK);
        let id = order.id;
        while !(order.payment_id != not && (order.qr_code.is_some() || order.payment_link.is_some())) {
            if Instant::now() >= until {
                return Err(format!("there is no way to pay it ({}, {})", order.status, order.payment_status));
            }
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(LAST_LOOK);
            order = self.insist(|| orders.order(id)).await.map_err(|error| said("could not look", &error))?;
        }
        Ok(order)
    }
}

/// A customer with an order.
struct Customer<'a> {
    stage: &'a Stage,
    script: &'a Script,
    orders: OrderClient,
    luck: Dice,
}

impl Customer<'_> {
    async fn settle_up(mut self, order: Order) -> Visit {
        if let Some(flood) = self.stage.weather.forgery(&mut self.luck) {
            self.flood(flood).await?;
        }
        match self.script.course {
            Course::Pays => self.pay(&order, "approved").await.map(drop),
            Course::PaysTwice => {
                let paid = self.pay(&order, "approved").await?;
                if order.payment_method == PaymentMethod::Pix {
                    return self.moves(&paid, "approved").await.map(drop);
                }
                self.pay_checkout(&order, "approved", true).await.map(drop)
            }
            Course::RejectedFirst => {
                self.pay(&order, "rejected").await?;
                let order = match order.payment_method {
                    PaymentMethod::Pix => self.another_charge(&order).await?,
                    _ => order,
                };
                self.pay(&order, "approved").await.map(drop)
            }
            Course::InProcessFirst => {
                let paying = self.pay(&order, "in_process").await?;
                self.stage.book.pays(order.id);
                self.moves(&paying, "approved").await.map(drop)
            }
            Course::Cancels => self.cancels(&order).await,
            Course::CancelsAndPays => {
                self.cancels(&order).await?;
                match order.payment_method {
                    PaymentMethod::Pix => self.pay(&order, "approved").await.map(drop),
                    _ => self.pay_checkout(&order, "approved", true).await.map(drop),
                }
            }
            Course::Cash => self.gives_cash(&order).await,
            Course::CashAndPix => {
                let cashier = Customer { luck: self.luck.clone(), orders: self.orders.clone(), ..self };
                let (cash, pix) = tokio::join!(cashier.gives_cash(&order), self.pay(&order, "approved"));
                cash.and(pix.map(drop))
            }
            Course::TurnsToCash => {
                let asked = self.stage.insist(|| self.orders.pay_again(order.id, PaymentMethod::Counter)).await;
                asked.map_err(|error| said("may not pay at the counter", &error))?;
                self.gives_cash(&order).await
            }
            Course::Leaves => Ok(()),
        }
    }

    /// The cashier takes the money. A Pix on its way may be the quicker one, and so may be the first of two requests of
    /// which only the second was answered: then the kitchen may have begun, and a cashier can't take its step back (403).
    async fn gives_cash(&self, order: &Order) -> Visit {
        let body = PatchOrder { status: Some(OrderStatus::Paid), ..PatchOrder::default() };
        self.stage.book.pays(order.id);
        let taken = self.stage.insist(|| self.stage.cashier.patch_order(order.id, &body, None)).await;
        match taken {
            Err(refused) if matches!(refused.status(), Some(403 | 409)) => {
                let now = self.stage.insist(|| self.stage.cashier.order(order.id)).await;
                let now = now.map_err(|error| said("could not look", &error))?;
                if now.paid_at.is_some() { Ok(()) } else { Err(said("could not pay cash", &refused)) }
            }
            taken => taken.map(drop).map_err(|error| said("could not pay cash", &error)),
        }
    }

    /// Who ordered at the kiosk asks the cashier; the others press the button.
    async fn cancels(&self, order: &Order) -> Visit {
        let by = if self.script.who == Who::Kiosk { &self.stage.cashier } else { &self.orders };
        let body = PatchOrder { status: Some(OrderStatus::Cancelled), ..PatchOrder::default() };
        let done = self.stage.insist(|| by.patch_order(order.id, &body, None)).await;
        done.map(drop).map_err(|error| said("could not cancel", &error))
    }

    async fn another_charge(&self, order: &Order) -> Visit<Order> {
        let asked = self.stage.insist(|| self.orders.pay_again(order.id, PaymentMethod::Pix)).await;
        let again = asked.map_err(|error| said("got no new QR code", &error))?;
        self.stage.charged(&self.orders, again, order.payment_id).await
    }

    async fn pay(&mut self, order: &Order, status: &str) -> Visit<SandboxPayment> {
        if status == "approved" {
            self.stage.book.pays(order.id);
        }
        if order.payment_method != PaymentMethod::Pix {
            return self.pay_checkout(order, status, false).await;
        }
        let charge = self.newest(order).await?.ok_or("there is no charge at MercadoPago")?;
        self.moves(&charge, status).await
    }

    /// The newest payment that MercadoPago has for the order's charge.
    async fn newest(&self, order: &Order) -> Visit<Option<SandboxPayment>> {
        let reference = order.payment_id.ok_or("the order has no payment")?.to_string();
        let found = self.stage.insist(|| self.stage.panel.payments(&reference)).await;
        Ok(found.map_err(|error| said("MercadoPago's double did not answer", &error))?.into_iter().next())
    }

    async fn moves(&mut self, charge: &SandboxPayment, status: &str) -> Visit<SandboxPayment> {
        let stage = self.stage;
        if let Some(delivery) = stage.weather.forgery(&mut self.luck) {
            let forged = Move { delivery, ..Move::to(status) };
            let moved = stage.insist(|| stage.panel.move_payment(&charge.id, &forged)).await;
            let moved = moved.map_err(|error| said("could not forge", &error))?;
            refused_all(&moved.deliveries)?;
        }
        let wanted = Move::to(status);
        let moved = stage.insist(|| stage.panel.move_payment(&charge.id, &wanted)).await;
        Ok(moved.map_err(|error| said("could not pay", &error))?.payment)
    }

    /// One payment more on the checkout. One that is asked for again may have been made the first time.
    async fn pay_checkout(&mut self, order: &Order, status: &str, force: bool) -> Visit<SandboxPayment> {
        let stage = self.stage;
        let reference = order.payment_id.ok_or("the order has no payment")?.to_string();
        let found = stage.insist(|| stage.panel.preferences(&reference)).await;
        let found = found.map_err(|error| said("MercadoPago's double did not answer", &error))?;
        let checkout = found.into_iter().next().ok_or("there is no checkout at MercadoPago")?;
        let wanted = Move { force, ..Move::to(status) };
        match stage.insist(|| stage.panel.pay_preference(&checkout.id, &wanted)).await {
            Err(Error::Refused { status: 409, .. }) => {
                let paid = self.newest(order).await?.filter(|payment| payment.status == status);
                paid.ok_or_else(|| "the checkout was closed before it was paid".to_owned())
            }
            paid => paid.map(|moved| moved.payment).map_err(|error| said("could not pay the checkout", &error)),
        }
    }

    /// False notifications about a payment that nobody knows.
    async fn flood(&mut self, mut delivery: mercadopago::control::Delivery) -> Visit {
        delivery.duplicate = FLOOD;
        let data_id = (1_u64 << 40 | self.luck.below(1 << 32)).to_string();
        let raw = RawNotification { data_id, body_data_id: None, topic: None, action: None, url: None, delivery };
        let sent = self.stage.insist(|| self.stage.panel.notify(&raw)).await;
        refused_all(&sent.map_err(|error| said("could not forge", &error))?)
    }
}

/// A false notification must be refused, where it was answered at all.
fn refused_all(deliveries: &[Delivered]) -> Visit {
    match deliveries.iter().find(|delivered| delivered.http_status.is_some_and(|status| status < 400)) {
        Some(taken) => Err(format!("a false notification ({:?}) was taken: {:?}", taken.signing, taken.http_status)),
        None => Ok(()),
    }
}

fn said(what: &str, error: &impl Complaint) -> String {
    match error.status() {
        Some(status) => format!("{what}: {error} ({status})"),
        None => format!("{what}: {error}"),
    }
}
