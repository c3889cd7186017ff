//! Invariant 6: a pick-up number of a day is one order's.

use order::audit::Number;
use store::StoreResult;

use super::violation::{Kind, Violation};
use super::{Progress, Report, Stores};

/// Numbers in one page.
const PAGE: u32 = 5_000;

pub(super) async fn check(stores: &Stores, progress: &mut Progress, report: &mut Report) -> StoreResult<()> {
    progress.begin("numbers", report.orders);
    let (mut last, mut seen) = (Number::default(), 0);
    loop {
        let page = stores.orders.numbers(&last, PAGE).await?;
        if page.is_empty() {
            return Ok(());
        }
        seen += page.len() as u64;
        for number in page {
            if (&number.day, number.number) == (&last.day, last.number) {
                let detail = format!("order {} has it too", last.id);
                let violation = Violation::new(Kind::NumberRepeated, detail).order(&number.id);
                report.add(Violation { day: Some(number.day.clone()), number: Some(number.number), ..violation });
            }
            last = number;
        }
        progress.at(seen);
    }
}
