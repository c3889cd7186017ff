//! What the board asks the order service, and what it hears.

use std::time::Duration;

use api::client::{Aside, CallError, OrderClient};
use api::order::{Category, Order, PatchOrder};
use domain::OrderId;

use super::msg::What;
use super::{Effect, Msg};
use crate::failure::Failure;
use crate::runtime::within;

/// The longest that an answer may take.
#[derive(Debug, Clone, Copy)]
pub struct Patience {
    /// To a question.
    pub question: Duration,
    /// To a change.
    pub change: Duration,
}

impl Patience {
    /// A board's: a cook who waits longer looks elsewhere.
    pub const BOARD: Patience = Patience { question: Duration::from_secs(4), change: Duration::from_secs(8) };
}

/// The most categories that a menu may have for the board.
const CATEGORIES: u32 = 100;

/// Has an effect that concerns the order service carried out there; `None` for one that does not.
pub async fn ask(client: OrderClient, effect: Effect, patience: Patience) -> Option<Msg> {
    let Patience { question, change: until_changed } = patience;
    let url = client.http().base().origin().ascii_serialization();
    Some(match effect {
        Effect::Fetch { etag } => match within(question, client.queue_and_aside(etag.as_deref()), &url).await {
            Ok((queue, aside)) => Msg::Queue(Ok(queue), aside),
            Err(error) => Msg::Queue(Err(error.into()), Aside::default()),
        },
        Effect::Change(change) => {
            let answer = within(until_changed, carry_out(&client, change.id, &change.what), &url).await;
            Msg::Changed(change, answer.map(Box::new).map_err(Failure::from))
        }
        Effect::Why { id } => {
            let rows = within(question, client.tracking(id), &url).await;
            Msg::Left { id, rows: rows.map_err(Failure::from) }
        }
        Effect::Categories => {
            let answer = within(question, categories(&client), &url).await;
            Msg::Categories(answer.map_err(Failure::from))
        }
        Effect::Shift => {
            let answer = within(question, client.shift(), &url).await;
            Msg::Shift(answer.map_err(Failure::from))
        }
        Effect::Alert(_) | Effect::Bell | Effect::Suspend | Effect::Quit => return None,
    })
}

pub(super) async fn categories(client: &OrderClient) -> Result<Vec<Category>, CallError> {
    Ok(client.categories(0, CATEGORIES).await?.items)
}

async fn carry_out(client: &OrderClient, id: OrderId, what: &What) -> Result<Order, CallError> {
    match what {
        What::Strike { line, struck } => client.strike(id, *line, *struck).await,
        What::Prioritise(on) => {
            let body = PatchOrder { prioritized: Some(*on), ..PatchOrder::default() };
            client.patch_order(id, &body, None).await
        }
        What::Move { to, reason, version } => {
            let body = PatchOrder { status: Some(*to), reason: reason.clone(), prioritized: None };
            client.patch_order(id, &body, Some(*version)).await
        }
        What::Series(changes) => {
            let (last, others) = changes.split_last().unwrap_or((&What::Prioritise(false), &[]));
            for change in others {
                Box::pin(carry_out(client, id, change)).await?;
            }
            Box::pin(carry_out(client, id, last)).await
        }
    }
}
