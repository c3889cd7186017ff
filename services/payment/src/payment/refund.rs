use std::time::Duration;

use domain::{EntryId, Money, PaymentStatus, Timestamp};
use serde::{Deserialize, Serialize};

use super::{Actor, Own, Payment, Refund, Step};
use crate::idempotency::Key;
use crate::task::Task;

/// Where a refund is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RefundProgress {
    /// To be sent, or sent without an answer.
    Requested,
    /// MercadoPago works on it.
    InProcess,
    /// The money went back.
    Approved,
    /// MercadoPago refused it; the money is still here, and a person must say what next.
    Rejected,
    /// MercadoPago refused it, and it is not tried again: another was asked for, or the money went back another way.
    GivenUp,
}

impl RefundProgress {
    /// From MercadoPago's word; one that is new to us is taken as under way, never as done or failed.
    pub fn from_provider(word: &str) -> Self {
        match word {
            "approved" => RefundProgress::Approved,
            "rejected" | "cancelled" => RefundProgress::Rejected,
            _ => RefundProgress::InProcess,
        }
    }

    /// The word of the log.
    pub const fn as_str(self) -> &'static str {
        match self {
            RefundProgress::Requested => "requested",
            RefundProgress::InProcess => "in_process",
            RefundProgress::Approved => "approved",
            RefundProgress::Rejected => "rejected",
            RefundProgress::GivenUp => "given_up",
        }
    }

    /// Whether it is not known yet what becomes of it.
    pub const fn is_open(self) -> bool {
        matches!(self, RefundProgress::Requested | RefundProgress::InProcess)
    }
}

/// A refund to be asked for.
#[derive(Debug, Clone)]
pub struct AskRefund<'a> {
    /// How much; all that is left when `None`.
    pub amount: Option<Money>,
    /// Why.
    pub reason: &'a str,
    /// The idempotency key of the request.
    pub key: Option<Key>,
}

/// What became of asking for a refund.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RefundAsked {
    /// It is on its way.
    New(EntryId),
    /// It was refused before, and is on its way once more.
    Again(EntryId),
    /// The same was asked for before.
    Seen(EntryId),
}

/// Why money can't go back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RefundRefused {
    /// There is no money that could.
    #[error("the payment is {0}")]
    NotPaid(PaymentStatus),
    /// More than what is left, or nothing.
    #[error("{left} is left")]
    Amount {
        /// How much could go back.
        left: Money,
    },
    /// The key was used for another refund.
    #[error("the idempotency key was used for another refund")]
    KeyReused,
}

impl Payment {
    /// A refund of this payment.
    pub fn refund(&self, id: EntryId) -> Option<&Refund> {
        self.refunds.iter().find(|refund| refund.id == id)
    }

    /// How much went back.
    pub fn refunded(&self) -> Money {
        let ours = self.sum(|refund| refund.progress == RefundProgress::Approved);
        let reported = self.payer().map_or(Money::ZERO, |payer| payer.refunded);
        ours.max(reported).min(self.amount)
    }

    /// How much can still go back: what came without what went back or is about to.
    pub fn left(&self) -> Money {
        let on_its_way = self.sum(|refund| refund.progress.is_open());
        let gone = self.refunded().checked_add(on_its_way).unwrap_or(self.amount);
        self.paid_amount().checked_sub(gone).unwrap_or(Money::ZERO).max(Money::ZERO)
    }

    /// Of the money that speaks: MercadoPago's, or ours that is handed back. What came on top goes back by itself.
    pub(super) fn sum(&self, which: impl Fn(&Refund) -> bool) -> Money {
        let payer = self.payer().map(|payer| &payer.provider_payment_id);
        let ours = |r: &&Refund| r.provider_payment_id.as_ref() == payer;
        self.refunds.iter().filter(ours).filter(|r| which(r)).map(|r| r.amount).sum()
    }

    /// Whether MercadoPago confirmed a refund that its payment does not show yet.
    pub fn lags(&self) -> bool {
        let back = self.sum(|r| r.progress == RefundProgress::Approved && r.provider_payment_id.is_some());
        self.speaker().is_some_and(|speaker| speaker.status == PaymentStatus::Approved && speaker.refunded < back)
    }

    /// Whether one of the refunds is this one of MercadoPago's.
    pub fn knows_refund(&self, provider_refund_id: &str) -> bool {
        self.refunds.iter().any(|refund| refund.provider_refund_id.as_deref() == Some(provider_refund_id))
    }

    /// Asks for money to go back. Money that did not come through MercadoPago is handed
    /// back at the counter and counts at once.
    ///
    /// # Errors
    /// [`RefundRefused`]; nothing changed then.
    pub fn ask_refund(
        &mut self,
        asked: AskRefund<'_>,
        actor: &Actor,
        lease: Duration,
        now: Timestamp,
    ) -> Result<(RefundAsked, Step), RefundRefused> {
        let mut step = Step::default();
        if let Some(seen) = self.seen(asked.key.as_ref(), now)? {
            return Ok((RefundAsked::Seen(seen), step));
        }
        if let Some(refused) = self.refused_with(asked.key.as_ref()) {
            self.try_again(refused, actor, now, &mut step);
            return Ok((RefundAsked::Again(refused), step));
        }
        if self.status() != PaymentStatus::Approved {
            return Err(RefundRefused::NotPaid(self.status()));
        }
        let left = self.left();
        if asked.amount.is_none()
            && !left.is_positive()
            && let Some(last) = self.last_on_its_way()
        {
            step.log(self, now, "refund_joined", actor, None);
            return Ok((RefundAsked::Seen(last), step));
        }
        let amount = asked.amount.unwrap_or(left);
        if !amount.is_positive() || amount > left {
            return Err(RefundRefused::Amount { left });
        }
        self.give_up_refused(now, &mut step);
        let payer = self.payer().map(|payer| payer.provider_payment_id.clone());
        let id = EntryId::new();
        self.refunds.push(Refund {
            id,
            provider_payment_id: payer.clone(),
            amount,
            progress: RefundProgress::Requested,
            provider_refund_id: None,
            created_at: now,
            key: asked.key,
            refusals: 0,
        });
        step.log(self, now, "refund_requested", actor, Some(format!("{amount}: {}", asked.reason)));
        match payer {
            Some(_) => step.work(self, &Task::Refund(id), now, Some(lease)),
            None => self.hand_back(id, amount, now, &mut step),
        }
        Ok((RefundAsked::New(id), step))
    }

    /// The newest of the refunds that give back all there is, where nothing more is left to go back.
    fn last_on_its_way(&self) -> Option<EntryId> {
        let payer = self.payer()?;
        let mut newest =
            self.refunds.iter().rev().filter(|r| r.provider_payment_id.as_ref() == Some(&payer.provider_payment_id));
        newest.find(|r| r.progress.is_open() || r.progress == RefundProgress::Approved).map(|refund| refund.id)
    }

    /// A key holds for a day, and not for a refund that was refused: asking again is then another try.
    fn seen(&self, key: Option<&Key>, now: Timestamp) -> Result<Option<EntryId>, RefundRefused> {
        let Some(key) = key else { return Ok(None) };
        let same = |r: &&Refund| {
            r.key.as_ref().is_some_and(|known| known.scope == key.scope)
                && now.since(r.created_at) < Key::LIFE
                && !matches!(r.progress, RefundProgress::Rejected | RefundProgress::GivenUp)
        };
        match self.refunds.iter().find(same) {
            Some(refund) if refund.key.as_ref().is_some_and(|first| key.repeats(first)) => Ok(Some(refund.id)),
            Some(_) => Err(RefundRefused::KeyReused),
            None => Ok(None),
        }
    }

    fn hand_back(&mut self, id: EntryId, amount: Money, now: Timestamp, step: &mut Step) {
        self.set_progress(id, RefundProgress::Approved, None);
        let (status, detail) = if self.refunded() == self.amount {
            (PaymentStatus::Refunded, "refunded")
        } else {
            (PaymentStatus::Approved, "partially_refunded")
        };
        self.own = Some(Own { status, detail: detail.to_owned(), at: now });
        step.log(self, now, "refund", &Actor::System, Some(format!("{amount} to be handed back in cash")));
    }

    /// MercadoPago answered a refund.
    pub fn refund_answered(&mut self, id: EntryId, answer: &mercadopago::Refund, now: Timestamp) -> Step {
        let mut step = Step::default();
        let progress = RefundProgress::from_provider(&answer.status);
        if self.refund(id).is_some_and(|known| known.progress.is_open() && known.progress != progress) {
            self.set_progress(id, progress, Some(answer.id.clone()));
            let what = format!("{} {} {}", answer.id, answer.amount, progress.as_str());
            step.log(self, now, "refund", &Actor::Provider, Some(what));
            if progress == RefundProgress::Rejected {
                self.refused_for_good(id, &answer.id, now, &mut step);
            }
        }
        step
    }

    /// MercadoPago refused a refund for good; the money is still here.
    pub fn refund_refused(&mut self, id: EntryId, code: &str, now: Timestamp) -> Step {
        let mut step = Step::default();
        if self.refund(id).is_some_and(|known| known.progress.is_open()) {
            self.refused_for_good(id, code, now, &mut step);
        }
        step
    }

    pub(super) fn set_progress(&mut self, id: EntryId, progress: RefundProgress, provider_id: Option<String>) {
        if let Some(refund) = self.refunds.iter_mut().find(|refund| refund.id == id) {
            refund.progress = progress;
            refund.provider_refund_id = provider_id.or(refund.provider_refund_id.take());
        }
    }
}
