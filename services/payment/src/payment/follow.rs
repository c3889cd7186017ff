use domain::{EntryId, PaymentStatus, Timestamp};
use mercadopago::Refund as Told;

use super::{Actor, Payment, RefundProgress, Step};
use crate::task::Task;

impl Payment {
    /// MercadoPago's payments whose refunds are under way.
    pub fn refunds_in_process(&self) -> impl Iterator<Item = &str> {
        let under_way = self.refunds.iter().filter(|r| r.progress == RefundProgress::InProcess);
        under_way.filter_map(|r| r.provider_payment_id.as_deref())
    }

    /// Takes in what MercadoPago says of the refunds that it has been working on.
    pub fn refunds_told(&mut self, told: &[Told], now: Timestamp) -> Step {
        let mut step = Step::default();
        self.follow_refunds(told, now, &mut step);
        step
    }

    /// The end of each refund under way, where it is told: the money went back, or it is refused. All of a payment that
    /// went back counts for its refunds too, even if MercadoPago does not list them.
    pub(super) fn follow_refunds(&mut self, told: &[Told], now: Timestamp, step: &mut Step) {
        let under_way = self.refunds.iter().filter(|refund| refund.progress == RefundProgress::InProcess);
        let ends: Vec<(EntryId, RefundProgress)> = under_way
            .filter_map(|refund| {
                let listed = told.iter().find(|told| refund.provider_refund_id.as_ref() == Some(&told.id));
                let listed = listed.map(|told| RefundProgress::from_provider(&told.status));
                let gone = self.is_all_back(refund.provider_payment_id.as_deref());
                let end = if gone { Some(RefundProgress::Approved) } else { listed };
                end.filter(|end| *end != RefundProgress::InProcess).map(|end| (refund.id, end))
            })
            .collect();
        for (id, end) in ends {
            let Some(refund) = self.refund(id) else { continue };
            let theirs = refund.provider_refund_id.clone().unwrap_or_default();
            let what = format!("{theirs} {} {}", refund.amount, end.as_str());
            if end == RefundProgress::Approved {
                self.set_progress(id, end, None);
                step.log(self, now, "refund", &Actor::Provider, Some(what));
                continue;
            }
            self.refused_for_good(id, &what, now, step);
            // Its first work is done: this one becomes the dead letter that a person sees.
            step.work(self, &Task::Refund(id), now, None);
        }
    }

    fn is_all_back(&self, provider_payment_id: Option<&str>) -> bool {
        let back = self.snapshots.iter().filter(|s| s.status == PaymentStatus::Refunded);
        back.into_iter().any(|s| provider_payment_id == Some(s.provider_payment_id.as_str()))
    }
}
