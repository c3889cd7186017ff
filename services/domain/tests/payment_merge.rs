//! What MercadoPago reports, in any order and any number of times, ends the same.
#![allow(clippy::unwrap_used, reason = "a test that meets an error has failed")]

use domain::payment::{Snapshot, merge, settle};
use domain::{Money, PaymentStatus, Timestamp};
use proptest::prelude::*;

fn snapshot(id: u8, status: usize, refunded: i64, at: i64) -> Snapshot {
    let status = PaymentStatus::ALL[status];
    Snapshot {
        provider_payment_id: format!("13000000000{id}"),
        status,
        status_detail: format!("{status}-{}", at % 3),
        amount: Money::from_centavos(1000),
        refunded: Money::from_centavos(refunded),
        updated_at: Timestamp::from_millis(at),
    }
}

prop_compose! {
    fn reports()(all in prop::collection::vec((0u8..3, 0usize..7, 0i64..3, 0i64..5), 1..12)) -> Vec<Snapshot> {
        all.into_iter().map(|(id, status, refunded, at)| snapshot(id, status, refunded, at)).collect()
    }
}

fn arrive(reports: &[Snapshot]) -> Vec<Snapshot> {
    let mut known = Vec::new();
    for report in reports {
        merge(&mut known, report.clone());
    }
    known
}

proptest! {
    #[test]
    fn any_order_of_arrival_ends_the_same(reports in reports(), seed in any::<u64>()) {
        let mut shuffled = reports.clone();
        let mut state = seed;
        for n in (1..shuffled.len()).rev() {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            shuffled.swap(n, (state >> 33) as usize % (n + 1));
        }
        prop_assert_eq!(arrive(&reports), arrive(&shuffled));
    }

    #[test]
    fn a_repeat_changes_nothing(reports in reports()) {
        let mut known = arrive(&reports);
        let before = known.clone();
        for report in reports {
            prop_assert!(!merge(&mut known, report));
        }
        prop_assert_eq!(known, before);
    }
}

#[test]
fn what_is_paid_stays_paid_whatever_is_said_later_or_first() {
    use PaymentStatus::{Approved, ChargedBack, Refunded};
    for (firm, at) in [(Approved, 2), (Refunded, 5), (ChargedBack, 6)] {
        assert_eq!(PaymentStatus::ALL[at], firm);
        for less in (0..7).filter(|less| !PaymentStatus::ALL[*less].was_paid()) {
            let (paid, newer) = (snapshot(1, at, 0, 10), snapshot(1, less, 0, 20));
            assert!(paid.is_unsaid_by(&newer) && !newer.is_unsaid_by(&paid));
            for arrival in [[&paid, &newer], [&newer, &paid]] {
                assert_eq!(arrive(&arrival.map(Clone::clone)), std::slice::from_ref(&paid));
            }
        }
    }
    let (paid, newer) = (snapshot(1, 2, 0, 10), snapshot(1, 2, 100, 20));
    assert!(!paid.is_unsaid_by(&newer));
    assert_eq!(arrive(&[paid, newer.clone()]), [newer], "a partial refund");
}

#[test]
fn money_that_went_back_stays_gone() {
    let whole = snapshot(1, 5, 100, 10);
    for other in [2, 6] {
        let newer = snapshot(1, other, 100, 20);
        assert!(whole.is_unsaid_by(&newer) && !newer.is_unsaid_by(&whole));
        for arrival in [[&whole, &newer], [&newer, &whole]] {
            assert_eq!(arrive(&arrival.map(Clone::clone)), std::slice::from_ref(&whole));
        }
    }
}

#[test]
fn of_money_in_dispute_the_newest_report_says_where_it_is() {
    for (earlier, later) in [(6, 2), (2, 6), (2, 5), (6, 5)] {
        let (earlier, later) = (snapshot(1, earlier, 0, 10), snapshot(1, later, 0, 20));
        assert!(!earlier.is_unsaid_by(&later), "{earlier:?} {later:?}");
        for arrival in [[&earlier, &later], [&later, &earlier]] {
            assert_eq!(arrive(&arrival.map(Clone::clone)), std::slice::from_ref(&later));
        }
        let at_once = Snapshot { updated_at: earlier.updated_at, ..later.clone() };
        let far = |one: &Snapshot| (one.status == PaymentStatus::Refunded, one.status.rank());
        let further = if far(&earlier) > far(&later) { &earlier } else { &at_once };
        assert_eq!(arrive(&[earlier.clone(), at_once.clone()]), std::slice::from_ref(further));
    }
}

#[test]
fn a_late_pending_does_not_demote_and_the_best_try_speaks() {
    let mut known = Vec::new();
    assert!(merge(&mut known, snapshot(1, 2, 0, 20)));
    assert!(!merge(&mut known, snapshot(1, 0, 0, 10)));
    assert_eq!(settle(&known).unwrap().status, PaymentStatus::Approved);
    assert!(merge(&mut known, snapshot(0, 3, 0, 30)));
    assert_eq!(settle(&known).unwrap().status, PaymentStatus::Approved);
    assert!(settle(&[]).is_none());
}

#[test]
fn mercadopagos_words_are_ours_or_unknown() {
    assert_eq!(PaymentStatus::from_provider("authorized"), Some(PaymentStatus::InProcess));
    assert_eq!(PaymentStatus::from_provider("in_mediation"), Some(PaymentStatus::Approved));
    assert_eq!(PaymentStatus::from_provider("charged_back"), Some(PaymentStatus::ChargedBack));
    assert_eq!(PaymentStatus::from_provider("quantum"), None);
}
