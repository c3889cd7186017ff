use std::time::Duration;

use api::client::{OrderClient, OrderFilter};
use domain::{Clock, OrderId, SystemClock};

use crate::args::OrderRef;
use crate::exit::{Failure, Outcome};

/// Numbers begin anew each day, so an older order with the number is another one.
const A_DAY: Duration = Duration::from_secs(24 * 3600);
/// Most orders that one answer carries.
const PAGE: u32 = domain::Page::MAX_LIMIT;

/// The order meant: by id, or the newest with that pick-up number within a day.
pub(crate) async fn find(client: &OrderClient, wanted: OrderRef) -> Outcome<OrderId> {
    let number = match wanted {
        OrderRef::Id(id) => return Ok(id),
        OrderRef::Number(number) => number,
    };
    let oldest = SystemClock.now().minus(A_DAY);
    let unknown = || {
        Failure::refused(format!("no order of the last day has the number {number}"))
            .hint("`lanchonete order list` shows the latest orders")
    };
    for page in 0.. {
        let skip = page * PAGE;
        if skip > domain::Page::MAX_SKIP {
            break;
        }
        let filter = OrderFilter { skip, limit: Some(PAGE), ..OrderFilter::default() };
        let orders = client.orders(&filter).await?.items;
        if let Some(order) = orders.iter().find(|order| order.number == number && order.created_at >= oldest) {
            return Ok(order.id);
        }
        let more = orders.len() == PAGE as usize && orders.last().is_some_and(|order| order.created_at >= oldest);
        if !more {
            break;
        }
    }
    Err(unknown())
}
