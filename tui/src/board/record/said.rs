//! The lines of a recording.

use std::io::{BufRead, Read};
use std::time::Duration;

use api::Lang;
use api::client::{Aside, Queue};
use api::order::{Category, Order, QueueEntry, Shift, TrackingActor, TrackingRow};
use crossterm::event::{KeyCode, KeyEvent, KeyModifiers, MouseEvent};
use domain::{DayRule, OrderId, Role, Timestamp};
use serde::{Deserialize, Serialize};

use super::super::keys::{Action, KeyMap, word};
use super::super::model::Mode;
use super::super::msg::{Change, What};
use super::super::{Model, Msg};
use super::mask::{mask, mask_letter};
use crate::failure::Failure;
use crate::settings::{Settings, Thresholds};
use crate::stations::Station;
use crate::theme::Look;

/// The form of these lines; another one is refused.
const VERSION: u32 = 2;
/// The longest recording that is played, in bytes.
const MOST: u64 = 256 << 20;

/// Why a recording can't be played.
#[derive(Debug, thiserror::Error)]
pub enum RecordError {
    /// It can't be read.
    #[error(transparent)]
    Io(#[from] std::io::Error),
    /// A line is not of a recording.
    #[error("line {0} is not of a recording: {1}")]
    Line(usize, serde_json::Error),
    /// It was made by another version.
    #[error("this is version {0} of a recording, not {VERSION}")]
    Version(u32),
    /// It names a time zone or a key that is not known here.
    #[error("its settings can't be used: {0}")]
    Settings(String),
}

/// The first line: the board as it began.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Start {
    lanchonete_board: u32,
    at: i64,
    size: (u16, u16),
    interval_ms: u64,
    warn_ms: u64,
    late_ms: u64,
    alert_repeat_ms: u64,
    readonly: bool,
    bell: bool,
    look: String,
    english: bool,
    role: Role,
    time_zone: String,
    stations: Vec<(String, Vec<String>)>,
    station: Option<String>,
    keys: Vec<(String, Vec<String>)>,
}

/// The names of the looks in a recording.
const LOOKS: [(&str, Look); 3] = [("dark", Look::Dark), ("light", Look::Light), ("plain", Look::Plain)];

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

impl Start {
    pub(super) fn new(model: &Model) -> Self {
        let settings = &model.settings;
        let look = LOOKS.iter().find(|(_, look)| *look == settings.look).map_or("plain", |(name, _)| name);
        let keys = model
            .keys
            .0
            .iter()
            .map(|row| (row.action.name().to_owned(), row.keys.iter().map(|key| word(*key)).collect::<Vec<_>>()));
        let stations = settings.stations.iter().map(|station| (station.name.clone(), station.categories.clone()));
        Start {
            lanchonete_board: VERSION,
            at: model.now.millis(),
            size: model.size,
            interval_ms: millis(settings.interval),
            warn_ms: millis(settings.thresholds.warn),
            late_ms: millis(settings.thresholds.late),
            alert_repeat_ms: millis(settings.alert_repeat),
            readonly: settings.readonly,
            bell: settings.bell,
            look: look.to_owned(),
            english: settings.lang == Lang::En,
            role: settings.role,
            time_zone: settings.day.zone().iana_name().unwrap_or("UTC").to_owned(),
            stations: stations.collect(),
            station: settings.station.clone(),
            keys: keys.collect(),
        }
    }

    fn model(self) -> Result<Model, RecordError> {
        if self.lanchonete_board != VERSION {
            return Err(RecordError::Version(self.lanchonete_board));
        }
        let unusable = |error: &dyn std::fmt::Display| RecordError::Settings(error.to_string());
        let day = DayRule::new(&self.time_zone, "00:00").map_err(|error| unusable(&error))?;
        let wanted = |action: Action| {
            let own = self.keys.iter().find(|(name, _)| name == action.name());
            own.map(|(_, keys)| keys.clone()).unwrap_or_default()
        };
        let keys = KeyMap::new(wanted).map_err(|faults| match faults.first() {
            Some((_, fault)) => unusable(fault),
            None => unusable(&"keys"),
        })?;
        let settings = Settings {
            interval: Duration::from_millis(self.interval_ms),
            thresholds: Thresholds {
                warn: Duration::from_millis(self.warn_ms),
                late: Duration::from_millis(self.late_ms),
            },
            alert_repeat: Duration::from_millis(self.alert_repeat_ms),
            readonly: self.readonly,
            bell: self.bell,
            look: LOOKS.iter().find(|(name, _)| *name == self.look).map_or(Look::Plain, |(_, look)| *look),
            lang: if self.english { Lang::En } else { Lang::Pt },
            role: self.role,
            keys,
            stations: self.stations.into_iter().map(|(name, categories)| Station { name, categories }).collect(),
            station: self.station,
            ..Settings::new(day)
        };
        Ok(Model::new(settings, Timestamp::from_millis(self.at), self.size))
    }
}

/// A queue with its tag; nothing when it is still the same.
type Entries = Option<(Vec<QueueEntry>, Option<String>)>;

/// A message as it is written.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Said {
    Tick(i64),
    Key(KeyEvent),
    Mouse(MouseEvent),
    Resize(u16, u16),
    Queue(Result<Entries, Failure>, Aside),
    Changed(Change, Result<Box<Order>, Failure>),
    Left(OrderId, Result<Vec<TrackingRow>, Failure>),
    Categories(Result<Vec<Category>, Failure>),
    Shift(Result<Shift, Failure>),
    AlertFailed(String),
}

impl Said {
    /// A message without what it says of people; `None` for one about the recording itself.
    pub(super) fn masked(model: &Model, msg: &Msg) -> Option<Said> {
        Some(match msg {
            Msg::Tick(at) => Said::Tick(at.millis()),
            Msg::Key(key) => Said::Key(typed(model, *key)),
            Msg::Mouse(event) => Said::Mouse(*event),
            Msg::Resize(columns, rows) => Said::Resize(*columns, *rows),
            Msg::Queue(answer, aside) => {
                let masked = |queue: Queue| (queue.entries.into_iter().map(entry).collect(), queue.etag);
                Said::Queue(answer.clone().map(|queue| queue.map(masked)), *aside)
            }
            Msg::Changed(change, answer) => {
                let change = Change { what: what(change.what.clone()), ..change.clone() };
                Said::Changed(change, answer.clone().map(|answer| Box::new(order(*answer))).map_err(failure))
            }
            Msg::Left { id, rows } => Said::Left(*id, rows.clone().map(|rows| rows.into_iter().map(row).collect())),
            Msg::Categories(answer) => Said::Categories(answer.clone()),
            Msg::Shift(answer) => Said::Shift(answer.clone()),
            Msg::AlertFailed(why) => Said::AlertFailed(why.clone()),
            Msg::RecordFailed(_) => return None,
        })
    }

    /// The message again.
    fn msg(self) -> Msg {
        match self {
            Said::Tick(at) => Msg::Tick(Timestamp::from_millis(at)),
            Said::Key(key) => Msg::Key(key),
            Said::Mouse(event) => Msg::Mouse(event),
            Said::Resize(columns, rows) => Msg::Resize(columns, rows),
            Said::Queue(answer, aside) => {
                Msg::Queue(answer.map(|queue| queue.map(|(entries, etag)| Queue { entries, etag })), aside)
            }
            Said::Changed(change, answer) => Msg::Changed(change, answer),
            Said::Left(id, rows) => Msg::Left { id, rows },
            Said::Categories(answer) => Msg::Categories(answer),
            Said::Shift(answer) => Msg::Shift(answer),
            Said::AlertFailed(why) => Msg::AlertFailed(why),
        }
    }
}

/// A search or a reason may hold a name; the digits that choose a reason stay.
fn typed(model: &Model, mut key: KeyEvent) -> KeyEvent {
    if let KeyCode::Char(letter) = key.code {
        let is_text = match &model.mode {
            Mode::Search => true,
            Mode::Cancel(cancel) => !cancel.confirming && !letter.is_ascii_digit(),
            _ => false,
        };
        // Ctrl-C is no text.
        if is_text && !key.modifiers.contains(KeyModifiers::CONTROL) {
            key.code = KeyCode::Char(mask_letter(letter));
        }
    }
    key
}

fn masked(text: Option<String>) -> Option<String> {
    text.map(|text| mask(&text))
}

fn entry(mut entry: QueueEntry) -> QueueEntry {
    entry.pickup_name = masked(entry.pickup_name);
    for item in &mut entry.items {
        item.comment = masked(item.comment.take());
    }
    entry
}

fn order(mut order: Order) -> Order {
    order.pickup_name = masked(order.pickup_name);
    order.customer_id = None;
    order.payment_id = None;
    order.qr_code = None;
    order.qr_code_base64 = api::Picture::LeftOut;
    order.payment_link = None;
    for item in &mut order.items {
        item.comment = masked(item.comment.take());
    }
    order
}

fn row(mut row: TrackingRow) -> TrackingRow {
    row.actor = actor(row.actor);
    row.reason = masked(row.reason);
    row
}

/// Who was faster may be a person.
fn actor(actor: TrackingActor) -> TrackingActor {
    TrackingActor { role: actor.role, id: mask(&actor.id), name: masked(actor.name) }
}

fn failure(mut failure: Failure) -> Failure {
    if let Failure::Conflict(_, Some(now)) = &mut failure {
        now.actor = actor(now.actor.clone());
    }
    failure
}

fn what(what: What) -> What {
    match what {
        What::Move { to, reason, version } => What::Move { to, reason: masked(reason), version },
        What::Series(changes) => What::Series(changes.into_iter().map(self::what).collect()),
        other => other,
    }
}

/// Reads a recording: the board as it began, and every message.
///
/// # Errors
/// [`RecordError`]
pub fn read(file: impl Read) -> Result<(Model, Vec<Msg>), RecordError> {
    let mut lines = std::io::BufReader::new(file.take(MOST)).lines().enumerate();
    let first = lines.next().map(|(_, line)| line).transpose()?.unwrap_or_default();
    let start: Start = serde_json::from_str(&first).map_err(|error| RecordError::Line(1, error))?;
    let model = start.model()?;
    let mut messages = Vec::new();
    let mut lines = lines.peekable();
    while let Some((at, line)) = lines.next() {
        match serde_json::from_str::<Said>(&line?) {
            Ok(said) => messages.push(said.msg()),
            // The program may have ended in the middle of a line.
            Err(error) if error.is_eof() && lines.peek().is_none() => break,
            Err(error) => return Err(RecordError::Line(at + 1, error)),
        }
    }
    Ok((model, messages))
}
