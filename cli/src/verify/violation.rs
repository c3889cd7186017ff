use std::fmt;

use domain::PaymentId;
use order::order::Order;
use serde::{Serialize, Serializer};

/// Every way in which stored orders and payments can be wrong, under the invariant of the README that it breaks; the last
/// ones are about the stores themselves.
macro_rules! kinds {
    ($($(#[$doc:meta])* $name:ident $word:literal $invariant:expr;)*) => {
        /// What is wrong.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub(crate) enum Kind {
            $($(#[$doc])* $name,)*
        }

        impl Kind {
            /// Every kind.
            #[cfg(test)]
            const ALL: &[Kind] = &[$(Kind::$name),*];

            /// The stable name.
            pub(crate) const fn as_str(self) -> &'static str {
                match self {
                    $(Kind::$name => $word,)*
                }
            }

            /// Which invariant it breaks.
            pub(crate) const fn invariant(self) -> Option<u8> {
                match self {
                    $(Kind::$name => $invariant,)*
                }
            }
        }
    };
}

kinds! {
    /// The order counts as paid, and no money ever came.
    PaidWithoutPayment "paid_without_payment" Some(1);
    /// Somebody took cash, and no payment says so.
    CashNotRecorded "cash_not_recorded" Some(1);
    /// The kitchen began an order that nobody had paid.
    PreparedUnpaid "prepared_unpaid" Some(1);
    /// Money came and the order does not know.
    PaymentNotApplied "payment_not_applied" Some(1);
    /// The order was paid twice, and nothing goes back.
    PaidTwice "paid_twice" Some(1);
    /// The order has ended, its money is here and does not go back.
    MoneyKept "money_kept" Some(1);
    /// All money went back, and the order has not ended as refunded.
    RefundNotApplied "refund_not_applied" Some(1);
    /// The lines are not the total.
    LinesDoNotAddUp "lines_do_not_add_up" Some(2);
    /// A quantity or a price that no order can have.
    LineOutOfRange "line_out_of_range" Some(2);
    /// The payment is about another sum than its order.
    PaymentAmountDiffers "payment_amount_differs" Some(2);
    /// MercadoPago has another sum than the payment counts as paid.
    ProviderAmountDiffers "provider_amount_differs" Some(2);
    /// More goes back than came.
    RefundedTooMuch "refunded_too_much" Some(2);
    /// What went back is not what status, refunds and MercadoPago say.
    RefundedAmountDiffers "refunded_amount_differs" Some(2);
    /// An amount that is no whole number of centavos.
    NotWholeCentavos "not_whole_centavos" Some(2);
    /// Two charges of one order that could both be paid.
    TwoLiveCharges "two_live_charges" Some(3);
    /// A payment of MercadoPago's that is not this payment's alone.
    ProviderPaymentShared "provider_payment_shared" Some(3);
    /// A payment of an order that is not there.
    PaymentWithoutOrder "payment_without_order" Some(3);
    /// The order names a payment that is not there.
    PaymentMissing "payment_missing" Some(3);
    /// The order names a payment of another order.
    PaymentOfAnotherOrder "payment_of_another_order" Some(3);
    /// The order does not know one of its payments.
    PaymentUnknownToOrder "payment_unknown_to_order" Some(3);
    /// The order has another idea of its payment than the payment itself.
    ChargeOutOfDate "charge_out_of_date" Some(3);
    /// The order waits for a charge that nobody is going to ask for.
    ChargeNotAsked "charge_not_asked" Some(3);
    /// The history does not begin with `requested` at the time of the order.
    TrackingBeginning "tracking_beginning" Some(4);
    /// A step that nobody may take.
    IllegalStep "illegal_step" Some(4);
    /// A step before the one before it.
    TrackingBackwards "tracking_backwards" Some(4);
    /// The status is not the last row of the history.
    StatusDiffersFromTracking "status_differs_from_tracking" Some(4);
    /// Paid, ready or delivered at another time than the history says.
    TimesDifferFromTracking "times_differ_from_tracking" Some(4);
    /// Work that was given up.
    DeadLetter "dead_letter" Some(5);
    /// Work that should have been done or given up long ago.
    EntryOverdue "entry_overdue" Some(5);
    /// A pick-up number that two orders of a day have.
    NumberRepeated "number_repeated" Some(6);
    /// An order that cannot be read.
    OrderUnreadable "order_unreadable" None;
    /// An order that lacks what every order has.
    OrderMalformed "order_malformed" None;
    /// The fields by which an order is found say something else than the order.
    OrderIndexDiffers "order_index_differs" None;
    /// A payment that cannot be read.
    PaymentUnreadable "payment_unreadable" None;
    /// The fields by which a payment is found say something else than the payment.
    PaymentIndexDiffers "payment_index_differs" None;
    /// The payment is not where its log left it.
    LogDiffers "log_differs" None;
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Serialize for Kind {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

/// One thing that is wrong, and where. What has no id here has none; ids are texts, because a damaged one may be anything.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Violation {
    pub(crate) kind: Kind,
    pub(crate) invariant: Option<u8>,
    pub(crate) order_id: Option<String>,
    pub(crate) day: Option<String>,
    pub(crate) number: Option<i64>,
    pub(crate) payment_id: Option<String>,
    pub(crate) provider_payment_id: Option<String>,
    pub(crate) entry_id: Option<String>,
    /// More, in a few words and values; nothing about people.
    pub(crate) detail: String,
}

impl Violation {
    pub(crate) fn new(kind: Kind, detail: impl Into<String>) -> Self {
        Violation {
            kind,
            invariant: kind.invariant(),
            order_id: None,
            day: None,
            number: None,
            payment_id: None,
            provider_payment_id: None,
            entry_id: None,
            detail: detail.into(),
        }
    }

    /// Of this order.
    pub(crate) fn of(kind: Kind, order: &Order, detail: impl Into<String>) -> Self {
        Violation {
            order_id: Some(order.id.to_string()),
            day: Some(order.day.clone()),
            number: Some(order.number.into()),
            ..Violation::new(kind, detail)
        }
    }

    #[must_use]
    pub(crate) fn order(mut self, id: impl fmt::Display) -> Self {
        self.order_id = Some(id.to_string());
        self
    }

    #[must_use]
    pub(crate) fn payment(mut self, id: PaymentId) -> Self {
        self.payment_id = Some(id.to_string());
        self
    }

    #[must_use]
    pub(crate) fn provider(mut self, id: Option<&str>) -> Self {
        self.provider_payment_id = id.map(str::to_owned);
        self
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.kind)?;
        if let Some(order) = &self.order_id {
            let number = self.number.map(|number| format!(" #{number}")).unwrap_or_default();
            let day = self.day.as_ref().map(|day| format!(" of {day}")).unwrap_or_default();
            write!(f, "  order{number}{day} {order}")?;
        }
        let ids = [("payment", &self.payment_id), ("provider", &self.provider_payment_id), ("entry", &self.entry_id)];
        for (what, id) in ids {
            if let Some(id) = id {
                write!(f, "  {what} {id}")?;
            }
        }
        write!(f, "  {}", self.detail)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The kinds for which a test damages a store.
    const DAMAGED: &str = include_str!("../../tests/it/verify/snapshots/it__verify__verify_kinds.snap");

    #[test]
    fn every_kind_is_made_to_happen() {
        let (_, damaged) = DAMAGED.rsplit_once("---\n").expect("a snapshot");
        let mut names: Vec<&str> = Kind::ALL.iter().map(|kind| kind.as_str()).collect();
        names.sort_unstable();
        assert_eq!(names, damaged.trim().lines().collect::<Vec<_>>());
    }
}
