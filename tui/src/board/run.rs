use std::time::Duration;

use api::client::{CallError, OrderClient};
use api::order::{Category, Order, PatchOrder};
use crossterm::event::Event;
use domain::{Clock, OrderId, SystemClock, Timestamp};
use ratatui::Frame;

use super::msg::What;
use super::record::Recorder;
use super::{Effect, Model, Msg, update, view};
use crate::alert::Runner;
use crate::error::BoardError;
use crate::failure::Failure;
use crate::runtime::{self, App, Step, within};
use crate::settings::Options;

/// The longest that the queue may take.
const FETCH: Duration = Duration::from_secs(4);
/// The longest that a change may take.
const CHANGE: Duration = Duration::from_secs(8);

/// The most categories that a menu may have for the board.
const CATEGORIES: u32 = 100;

struct Board {
    model: Model,
    client: OrderClient,
    alerts: Runner,
    recorder: Option<Recorder>,
}

/// Runs the board on this terminal until somebody quits, or SIGTERM. Everything that happens is written down if there
/// is a recorder.
///
/// # Errors
/// When there is no terminal, or it fails. A service that does not answer is no error: the board says so and waits.
pub async fn run(options: Options, mut recorder: Option<Recorder>) -> Result<(), BoardError> {
    let size = crossterm::terminal::size().unwrap_or((80, 24));
    let alerts = Runner::new(options.settings.alert_command.clone());
    let model = Model::new(options.settings, SystemClock.now(), size);
    if let Some(recorder) = &mut recorder {
        recorder.begin(&model);
    }
    runtime::run(Board { model, client: options.client, alerts, recorder }).await
}

/// One frame of the board as text, without keys and without selection: `width` columns wide and `height` rows high,
/// or as high as needed to show every card whole.
///
/// # Errors
/// When the order service can't be reached or refuses.
pub async fn once(options: Options, width: u16, height: Option<u16>) -> Result<String, BoardError> {
    let url = options.client.http().base().origin().ascii_serialization();
    let queue = within(CHANGE, options.client.queue(None), &url).await?;
    let needs_menu = !options.settings.stations.is_empty();
    let menu = if needs_menu { Some(within(CHANGE, categories(&options.client), &url).await?) } else { None };
    let mut model = Model::new(options.settings, SystemClock.now(), (width, height.unwrap_or(0)));
    model.still = true;
    if let Some(menu) = menu {
        update(&mut model, Msg::Categories(Ok(menu)));
    }
    update(&mut model, Msg::Queue(Ok(queue), None));
    let height = height.unwrap_or_else(|| view::rows_needed(&model, width));
    Ok(crate::frame::draw(width, height, |frame| view::draw(&model, frame)))
}

impl App for Board {
    type Msg = Msg;
    type Effect = Effect;

    fn update(&mut self, msg: Msg) -> Vec<Effect> {
        let Some(recorder) = &mut self.recorder else { return update(&mut self.model, msg) };
        recorder.note(&self.model, &msg);
        let fault = recorder.fault();
        let mut effects = update(&mut self.model, msg);
        if let Some(why) = fault {
            self.recorder = None;
            effects.extend(update(&mut self.model, Msg::RecordFailed(why)));
        }
        effects
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
            Event::Mouse(event) => Some(Msg::Mouse(event)),
            Event::Resize(columns, rows) => Some(Msg::Resize(columns, rows)),
            _ => None,
        }
    }

    fn wants_mouse(&self) -> bool {
        self.model.settings.mouse
    }

    fn perform(&self, effect: Effect) -> Step<Msg> {
        let client = self.client.clone();
        let url = client.http().base().origin().ascii_serialization();
        match effect {
            Effect::Bell => Step::Bell,
            Effect::Suspend => Step::Suspend,
            Effect::Quit => Step::Quit,
            Effect::Fetch { etag } => Step::ask(async move {
                match within(FETCH, client.queue_and_unsent(etag.as_deref()), &url).await {
                    Ok((queue, unsent)) => Msg::Queue(Ok(queue), unsent),
                    Err(error) => Msg::Queue(Err(error.into()), None),
                }
            }),
            Effect::Change(change) => Step::ask(async move {
                let answer = within(CHANGE, carry_out(&client, change.id, &change.what), &url).await;
                Msg::Changed(change, answer.map(Box::new).map_err(Failure::from))
            }),
            Effect::Track { id, number } => Step::ask(async move {
                let rows = within(FETCH, client.tracking(id), &url).await;
                Msg::Tracked { id, number, last: rows.ok().and_then(|rows| rows.into_iter().max_by_key(|row| row.at)) }
            }),
            Effect::Why { id } => Step::ask(async move {
                let rows = within(FETCH, client.tracking(id), &url).await;
                Msg::Left { id, rows: rows.map_err(Failure::from) }
            }),
            Effect::Categories => Step::ask(async move {
                let answer = within(FETCH, categories(&client), &url).await;
                Msg::Categories(answer.map_err(Failure::from))
            }),
            Effect::Shift => Step::ask(async move {
                let answer = within(FETCH, client.shift(), &url).await;
                Msg::Shift(answer.map_err(Failure::from))
            }),
            Effect::Alert(alert) => {
                let alerts = self.alerts.clone();
                Step::Work(Box::pin(async move { alerts.run(alert).await.map(Msg::AlertFailed) }))
            }
        }
    }
}

async fn categories(client: &OrderClient) -> Result<Vec<Category>, CallError> {
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
