use std::time::Duration;

use domain::{PaymentMethod, PaymentStatus, Timestamp};
use serde::{Deserialize, Serialize};

use super::{Actor, Own, Payment, Step};
use crate::task::Task;

/// How long a charge that came to an end is still looked at: a search at MercadoPago lags, money may be late, or come a
/// second time on a checkout, and the notification of it may be lost.
const AFTERGLOW: Duration = Duration::from_secs(15 * 60);
/// How many times less often than a charge from which money is awaited.
const RARELY: u32 = 12;

/// Why a charge is given up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Why {
    /// Its time is over.
    Expired,
    /// The order is cancelled, or is paid another way.
    Order,
    /// An administrator said so.
    Manual,
}

impl Why {
    /// The detail of a payment that was given up for it, in MercadoPago's words where it has one.
    pub const fn detail(self) -> &'static str {
        match self {
            Why::Expired => "expired",
            Why::Order => "by_collector",
            Why::Manual => "manual",
        }
    }
}

/// A charge on its way to being given up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Closing {
    /// Why.
    pub why: Why,
    /// Since when.
    pub since: Timestamp,
    /// Whether MercadoPago has answered, so that no work is left.
    pub done: bool,
}

impl Payment {
    /// Whether and why it is being given up.
    pub fn closing(&self) -> Option<Closing> {
        self.closing
    }

    /// Asks for the charge to be given up. At MercadoPago that is work, whose answer decides; what MercadoPago never knew
    /// is given up at once.
    pub fn close(&mut self, why: Why, actor: &Actor, lease: Option<Duration>, now: Timestamp) -> Step {
        let mut step = Step::default();
        if !self.is_open() || self.closing.is_some() {
            return step;
        }
        self.begin_closing(why, actor, lease, now, &mut step);
        if self.method == PaymentMethod::Counter {
            self.give_up(why.detail(), now);
        }
        step
    }

    pub(super) fn begin_closing(
        &mut self,
        why: Why,
        actor: &Actor,
        lease: Option<Duration>,
        now: Timestamp,
        step: &mut Step,
    ) {
        let counter = self.method == PaymentMethod::Counter;
        self.closing = Some(Closing { why, since: now, done: counter });
        step.log(self, now, "closing", actor, Some(why.detail().to_owned()));
        if !counter {
            step.work(self, &Task::Close, now, lease);
        }
    }

    /// Nothing at MercadoPago can be paid any more: what has no money by now gets none.
    pub fn closed(&mut self, now: Timestamp) -> Step {
        let detail = self.closing.map_or(Why::Expired, |closing| closing.why).detail();
        if let Some(closing) = &mut self.closing {
            closing.done = true;
        }
        self.payer_email = None;
        if self.is_open() {
            self.give_up(detail, now);
        }
        Step::default()
    }

    fn give_up(&mut self, detail: &str, now: Timestamp) {
        self.own = Some(Own { status: PaymentStatus::Cancelled, detail: detail.to_owned(), at: now });
    }

    /// MercadoPago's payments of this one on which money may still come.
    pub fn open_provider_payments(&self) -> Vec<String> {
        let open = self.snapshots.iter().filter(|s| s.status.is_open());
        open.map(|s| s.provider_payment_id.clone()).collect()
    }

    /// MercadoPago's payments of this one that were given up, on which money may still be late.
    pub fn given_up_provider_payments(&self) -> Vec<String> {
        let given_up = self.snapshots.iter().filter(|s| s.status == PaymentStatus::Cancelled);
        given_up.map(|s| s.provider_payment_id.clone()).collect()
    }

    /// Whether MercadoPago must be asked now and then, in case its notification is lost.
    pub fn is_followed(&self, now: Timestamp) -> bool {
        self.is_awaited() || self.glows(now)
    }

    /// Whether the next news is only a question of time.
    fn is_awaited(&self) -> bool {
        self.is_open() || self.refunds.iter().any(|r| r.progress == super::RefundProgress::InProcess)
    }

    /// Whether it came to an end a short time ago, and more money may come all the same.
    fn glows(&self, now: Timestamp) -> bool {
        let more_may_come = match self.method {
            PaymentMethod::Counter => false,
            // What was given up, refused or decided by hand may be paid all the same.
            PaymentMethod::Pix => !self.snapshots.iter().any(|snapshot| snapshot.status.was_paid()),
            PaymentMethod::Checkout => true,
        };
        more_may_come && self.ended_at().is_some_and(|ended| now.since(ended) < AFTERGLOW)
    }

    /// When the last thing happened to it, here or at MercadoPago.
    fn ended_at(&self) -> Option<Timestamp> {
        let told = self.snapshots.iter().map(|snapshot| snapshot.updated_at);
        told.chain(self.own.as_ref().map(|own| own.at)).max()
    }

    /// When MercadoPago, or for cash the clock, is asked next: `after` from now, but not past the expiry; later where
    /// nothing is awaited any more.
    pub fn next_check(&self, after: Duration, now: Timestamp) -> Option<Timestamp> {
        if !self.is_followed(now) {
            return None;
        }
        let next = now.plus(if self.is_awaited() { after } else { after * RARELY });
        match self.method {
            PaymentMethod::Counter => Some(self.expires_at),
            _ if now < self.expires_at => Some(next.min(self.expires_at)),
            _ => Some(next),
        }
    }
}
