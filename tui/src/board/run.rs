use std::time::Duration;

use api::client::{CallError, OrderClient};
use api::order::{Order, PatchOrder};
use crossterm::event::Event;
use domain::{Clock, SystemClock, Timestamp};
use ratatui::Frame;

use super::msg::{Change, What};
use super::{Effect, Model, Msg, update, view};
use crate::error::BoardError;
use crate::failure::Failure;
use crate::runtime::{self, App, Step, within};
use crate::settings::Options;

/// The longest that the queue may take.
const FETCH: Duration = Duration::from_secs(4);
/// The longest that a change may take.
const CHANGE: Duration = Duration::from_secs(8);

struct Board {
    model: Model,
    client: OrderClient,
}

/// Runs the board on this terminal until somebody quits, or SIGTERM.
///
/// # Errors
/// When there is no terminal, or it fails. A service that does not answer is no error: the board says so and waits.
pub async fn run(options: Options) -> Result<(), BoardError> {
    let size = crossterm::terminal::size().unwrap_or((80, 24));
    let model = Model::new(options.settings, SystemClock.now(), size);
    runtime::run(Board { model, client: options.client }).await
}

/// One frame of the board as text, without keys and without selection: `width` columns wide and `height` rows high,
/// or as high as needed to show every card whole.
///
/// # Errors
/// When the order service can't be reached or refuses.
pub async fn once(options: Options, width: u16, height: Option<u16>) -> Result<String, BoardError> {
    let url = options.client.http().base().origin().ascii_serialization();
    let queue = within(CHANGE, options.client.queue(None), &url).await?;
    let mut model = Model::new(options.settings, SystemClock.now(), (width, height.unwrap_or(0)));
    model.still = true;
    update(&mut model, Msg::Queue(Ok(queue)));
    let height = height.unwrap_or_else(|| view::rows_needed(&model, width));
    Ok(crate::frame::draw(width, height, |frame| view::draw(&model, frame)))
}

impl App for Board {
    type Msg = Msg;
    type Effect = Effect;

    fn update(&mut self, msg: Msg) -> Vec<Effect> {
        update(&mut self.model, msg)
    }

    fn view(&self, frame: &mut Frame<'_>) {
        view::draw(&self.model, frame);
    }

    fn tick(now: Timestamp) -> Msg {
        Msg::Tick(now)
    }

    fn event(event: Event) -> Option<Msg> {
        match event {
            Event::Key(key) => Some(Msg::Key(key)),
            Event::Resize(columns, rows) => Some(Msg::Resize(columns, rows)),
            _ => None,
        }
    }

    fn perform(&self, effect: Effect) -> Step<Msg> {
        let client = self.client.clone();
        let url = client.http().base().origin().ascii_serialization();
        match effect {
            Effect::Bell => Step::Bell,
            Effect::Quit => Step::Quit,
            Effect::Fetch { etag } => Step::Work(Box::pin(async move {
                let answer = within(FETCH, client.queue(etag.as_deref()), &url).await;
                Msg::Queue(answer.map_err(Failure::from))
            })),
            Effect::Change(change) => Step::Work(Box::pin(async move {
                let answer = within(CHANGE, carry_out(&client, &change), &url).await;
                Msg::Changed(change, answer.map(Box::new).map_err(Failure::from))
            })),
            Effect::Track { id, number } => Step::Work(Box::pin(async move {
                let rows = within(FETCH, client.tracking(id), &url).await;
                Msg::Tracked { id, number, last: rows.ok().and_then(|rows| rows.into_iter().max_by_key(|row| row.at)) }
            })),
        }
    }
}

async fn carry_out(client: &OrderClient, change: &Change) -> Result<Order, CallError> {
    match &change.what {
        What::Strike { line, struck } => client.strike(change.id, *line, *struck).await,
        What::Prioritise(on) => {
            let body = PatchOrder { prioritized: Some(*on), ..PatchOrder::default() };
            client.patch_order(change.id, &body, None).await
        }
        What::Move { to, reason, version } => {
            let body = PatchOrder { status: Some(*to), reason: reason.clone(), prioritized: None };
            client.patch_order(change.id, &body, Some(*version)).await
        }
    }
}
