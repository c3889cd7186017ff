use crossterm::event::Event;
use domain::{Clock, SystemClock, Timestamp};
use ratatui::Frame;

use super::ask::{Patience, ask, categories};
use super::record::Recorder;
use super::{Effect, Model, Msg, update, view};
use crate::access::Access;
use crate::alert::Runner;
use crate::error::BoardError;
use crate::runtime::{self, App, Step, within};
use crate::settings::Options;

struct Board {
    model: Model,
    access: Access,
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
    runtime::run(Board { model, access: Access::new(options.client, options.renew), alerts, recorder }).await
}

/// One frame of the board as text, without keys and without selection: `width` columns wide and `height` rows high,
/// or as high as needed to show every card whole.
///
/// # Errors
/// When the order service can't be reached or refuses.
pub async fn once(options: Options, width: u16, height: Option<u16>) -> Result<String, BoardError> {
    let url = options.client.http().base().origin().ascii_serialization();
    let (queue, aside) = within(Patience::BOARD.change, options.client.queue_and_aside(None), &url).await?;
    let needs_menu = !options.settings.stations.is_empty();
    let menu =
        if needs_menu { Some(within(Patience::BOARD.change, categories(&options.client), &url).await?) } else { None };
    let mut model = Model::new(options.settings, SystemClock.now(), (width, height.unwrap_or(0)));
    model.still = true;
    if let Some(menu) = menu {
        update(&mut model, Msg::Categories(Ok(menu)));
    }
    update(&mut model, Msg::Queue(Ok(queue), aside));
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
        match effect {
            Effect::Bell => Step::Bell,
            Effect::Suspend => Step::Suspend,
            Effect::Quit => Step::Quit,
            Effect::Alert(alert) => {
                let alerts = self.alerts.clone();
                Step::Work(Box::pin(async move { alerts.run(alert).await.map(Msg::AlertFailed) }))
            }
            asked => {
                let access = self.access.clone();
                Step::Work(Box::pin(async move {
                    let msg = ask(access.client(), asked, Patience::BOARD).await;
                    if let Some(Msg::Queue(Err(failure), _)) = &msg {
                        access.failed(failure).await;
                    }
                    msg
                }))
            }
        }
    }
}
