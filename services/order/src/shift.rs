//! How today is going. The orders of the day are kept in memory in a short form; each look reads only what changed since
//! the last one, so that neither the history nor a long day makes it dear.

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use api::order::{PeakHour, Shift, SlowItem};
use domain::{DayRule, OrderId, Timestamp};
use store::StoreResult;
use tokio::time::Instant;

use crate::core::Core;
use crate::order::Order;
use crate::watch::OVERLAP;

/// How old an answer may be.
const FRESH: Duration = Duration::from_secs(3);
/// Orders read at a time.
const PAGE: u32 = 500;

/// What is known of today.
#[derive(Default)]
pub(crate) struct Today {
    day: String,
    /// The orders of the day that were paid and not given up.
    counted: HashMap<OrderId, Counted>,
    /// Up to when changes were read.
    read_up_to: Option<Timestamp>,
    drawn: Option<(Instant, Shift)>,
}

/// An order in short.
struct Counted {
    version: u64,
    hour: i8,
    open: bool,
    /// From the money to ready.
    took: Option<Duration>,
    items: Vec<String>,
}

/// How today is going.
pub(crate) async fn summary(core: &Core) -> StoreResult<Shift> {
    let now = core.now();
    let day = core.day.day_of(now).to_string();
    let mut today = core.today.lock().await;
    if today.day != day {
        *today = Today { day, ..Today::default() };
    }
    if let Some((at, shift)) = &today.drawn
        && at.elapsed() < FRESH
    {
        return Ok(shift.clone());
    }
    let begun = Instant::now();
    let began = core.day.began(now);
    let since = today.read_up_to.map_or(began, |at| at.minus(OVERLAP).max(began));
    read(core, &mut today, since).await?;
    today.read_up_to = Some(now);
    let shift = today.draw();
    today.drawn = Some((begun, shift.clone()));
    Ok(shift)
}

/// Takes in everything that changed at `since` or later. Reading it twice does no harm.
async fn read(core: &Core, today: &mut Today, since: Timestamp) -> StoreResult<()> {
    let (mut since, mut after) = (since, None);
    loop {
        let page = core.store.changed(since, after, PAGE).await?;
        page.iter().for_each(|order| today.take(order, &core.day));
        let Some(last) = page.last().filter(|_| page.len() >= PAGE as usize) else { return Ok(()) };
        (since, after) = (last.updated_at, Some(last.id));
    }
}

impl Today {
    fn take(&mut self, order: &Order, rule: &DayRule) {
        if order.day != self.day || self.counted.get(&order.id).is_some_and(|known| known.version >= order.version) {
            return;
        }
        match Counted::of(order, rule) {
            Some(counted) => self.counted.insert(order.id, counted),
            None => self.counted.remove(&order.id),
        };
    }

    fn draw(&self) -> Shift {
        let counted = || self.counted.values();
        let mut took: Vec<Duration> = counted().filter_map(|order| order.took).collect();
        took.sort_unstable();
        let rank = (took.len() * 9).div_ceil(10);
        Shift {
            day: self.day.clone(),
            orders: count(counted().count()),
            open: count(counted().filter(|order| order.open).count()),
            average_seconds: average(&took),
            p90_seconds: rank.checked_sub(1).and_then(|n| took.get(n)).map(Duration::as_secs),
            slowest: self.slowest(),
            peak_hour: self.peak_hour(),
        }
    }

    fn slowest(&self) -> Option<SlowItem> {
        let mut items: BTreeMap<&str, Vec<Duration>> = BTreeMap::new();
        for order in self.counted.values() {
            for name in order.took.iter().flat_map(|_| &order.items) {
                items.entry(name).or_default().extend(order.took);
            }
        }
        let averages = items.into_iter().filter_map(|(name, took)| {
            Some(SlowItem { name: name.to_owned(), average_seconds: average(&took)?, count: count(took.len()) })
        });
        // Of several that are as slow, the one that is ordered most.
        averages.max_by_key(|item| (item.average_seconds, item.count))
    }

    fn peak_hour(&self) -> Option<PeakHour> {
        let mut hours: BTreeMap<i8, usize> = BTreeMap::new();
        for order in self.counted.values() {
            *hours.entry(order.hour).or_default() += 1;
        }
        // The last of several maxima is taken, so the first hour comes last.
        let (hour, orders) = hours.into_iter().rev().max_by_key(|(_, orders)| *orders)?;
        Some(PeakHour { hour: format!("{hour:02}:00"), orders: count(orders) })
    }
}

impl Counted {
    fn of(order: &Order, rule: &DayRule) -> Option<Self> {
        let paid_at = order.paid_at.filter(|_| order.status.is_paid_or_later())?;
        let mut items: Vec<String> = order.lines.iter().map(|line| line.name.clone()).collect();
        items.sort_unstable();
        items.dedup();
        Some(Counted {
            version: order.version,
            hour: rule.zone().to_datetime(order.created_at.to_jiff()).hour(),
            open: order.status.queue_rank().is_some(),
            took: order.ready_at.map(|at| at.since(paid_at)),
            items,
        })
    }
}

fn average(took: &[Duration]) -> Option<u64> {
    let sum: Duration = took.iter().sum();
    sum.as_secs().checked_div(took.len() as u64)
}

fn count(many: usize) -> u32 {
    u32::try_from(many).unwrap_or(u32::MAX)
}
