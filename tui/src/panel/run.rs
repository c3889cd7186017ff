use std::time::Duration;

use crossterm::event::Event;
use domain::{Clock, SystemClock, Timestamp};
use ratatui::Frame;

use super::{Effect, Model, Msg, draw, update};
use crate::access::Access;
use crate::error::BoardError;
use crate::failure::Failure;
use crate::runtime::{self, App, Step, within};
use crate::settings::Options;

/// The longest that the numbers may take.
const FETCH: Duration = Duration::from_secs(4);

struct Screen {
    model: Model,
    access: Access,
}

/// Runs the pick-up screen on this terminal until somebody quits, or SIGTERM.
///
/// # Errors
/// When there is no terminal, or it fails. A service that does not answer is no error: the screen says so and waits.
pub async fn run(options: Options) -> Result<(), BoardError> {
    let model = Model::new(options.settings, SystemClock.now());
    runtime::run(Screen { model, access: Access::new(options.client, options.renew) }).await
}

/// One frame of the pick-up screen as text.
///
/// # Errors
/// When the order service can't be reached or refuses.
pub async fn once(options: Options, width: u16, height: u16) -> Result<String, BoardError> {
    let url = options.client.http().base().origin().ascii_serialization();
    let numbers = within(FETCH, options.client.panel(None), &url).await?;
    let mut model = Model::new(options.settings, SystemClock.now());
    update(&mut model, Msg::Numbers(Ok(numbers)));
    Ok(crate::frame::draw(width, height, |frame| draw(&model, frame)))
}

impl App for Screen {
    type Msg = Msg;
    type Effect = Effect;

    fn update(&mut self, msg: Msg) -> Vec<Effect> {
        update(&mut self.model, msg)
    }

    fn view(&self, frame: &mut Frame<'_>) {
        draw(&self.model, frame);
    }

    fn tick(now: Timestamp) -> Msg {
        Msg::Tick(now)
    }

    fn event(event: Event) -> Option<Msg> {
        match event {
            Event::Key(key) => Some(Msg::Key(key)),
            Event::Resize(..) => Some(Msg::Resize),
            _ => None,
        }
    }

    fn perform(&self, effect: Effect) -> Step<Msg> {
        match effect {
            Effect::Bell => Step::Bell,
            Effect::Suspend => Step::Suspend,
            Effect::Quit => Step::Quit,
            Effect::Fetch { etag } => {
                let access = self.access.clone();
                Step::ask(async move {
                    let client = access.client();
                    let url = client.http().base().origin().ascii_serialization();
                    let answer = within(FETCH, client.panel(etag.as_deref()), &url).await.map_err(Failure::from);
                    if let Err(failure) = &answer {
                        access.failed(failure).await;
                    }
                    Msg::Numbers(answer)
                })
            }
        }
    }
}
