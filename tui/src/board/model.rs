//! What the board knows.

use std::time::Duration;

use api::client::Aside;
use domain::{OrderId, Timestamp};

use super::card::Card;
use super::keys::KeyMap;
use super::lens::{Lens, Menu};
use super::news::News;
pub use super::parts::*;
use super::shift::ShiftWatch;
use super::{moves, view};
use crate::link::{Link, Trust};
use crate::settings::Settings;
use crate::text::fold;
use crate::texts::Texts;

/// A change that is on its way for this long is shown as such; most are carried out before.
const SENDING_AFTER: Duration = Duration::from_millis(300);

/// Everything the board knows.
#[derive(Debug, Clone)]
pub struct Model {
    /// How it behaves.
    pub settings: Settings,
    /// Its keys.
    pub keys: KeyMap,
    /// The time.
    pub now: Timestamp,
    /// Columns and rows of the terminal.
    pub size: (u16, u16),
    /// The queue, in the kitchen's order.
    pub cards: Vec<Card>,
    /// The tag of that queue; `None` before the first answer.
    pub etag: Option<String>,
    /// Whether a queue came at all.
    pub loaded: bool,
    /// The connection.
    pub link: Link,
    /// The order that keys are about. It may have left the board: then keys say so instead of hitting another.
    pub selected: Option<OrderId>,
    /// Where the selection is or was: the column and the row in each.
    pub place: Place,
    /// The order that last left the board by a key of this board; it can still be taken back.
    pub gone: Option<Card>,
    /// The digits typed.
    pub typed: Typed,
    /// What is searched for.
    pub query: String,
    /// What is in front of the cards.
    pub mode: Mode,
    /// The line above the keys.
    pub notice: Option<Notice>,
    /// Changes on their way.
    pub pending: Vec<Pending>,
    /// Changes that wait a moment, because somebody may think better of it.
    pub held: Vec<Held>,
    /// What this board did, the last thing last, and how to take it back.
    pub done: Vec<Done>,
    /// What is looked at.
    pub lens: Lens,
    /// The categories of the menu.
    pub menu: Menu,
    /// When the menu's categories are asked for next; `None` while an answer is awaited or nothing is missing.
    pub(crate) menu_due: Option<Timestamp>,
    /// The item that the strike key is about.
    pub item: Option<(OrderId, u32)>,
    /// What nobody has seen yet.
    pub news: News,
    /// How today is going.
    pub shift: ShiftWatch,
    /// What the order service says besides the queue; nothing while it does not answer.
    pub aside: Aside,
    /// When somebody last pressed a key or used the mouse.
    pub(crate) touched: Timestamp,
    /// When the program ends: the key for that was pressed.
    pub(crate) quitting: Option<Timestamp>,
    /// The order that the last key moved, and when that key was last pressed or the order moved by it: a key that is
    /// held down moves it no further.
    pub(crate) stepped: Option<(OrderId, Timestamp)>,
    /// The last click, if it selected a card: a second one in the same place soon after is a double click.
    pub(crate) clicked: Option<(u16, u16, Timestamp)>,
    /// The cards of each column that are shown, as places in `cards`.
    shown: [Vec<usize>; 3],
    /// Orders of this board that lens or search hide, as places in `cards`.
    hidden: Vec<usize>,
    /// The first card on the screen in each column.
    pub(crate) tops: [usize; 3],
    /// Whether this is a picture and not a screen: no keys, no selection.
    pub still: bool,
}

impl Model {
    /// An empty board.
    pub fn new(settings: Settings, now: Timestamp, size: (u16, u16)) -> Self {
        let link = Link::new(now, settings.interval);
        let mut model = Model {
            keys: settings.keys.clone(),
            settings,
            now,
            size,
            cards: Vec::new(),
            etag: None,
            loaded: false,
            link,
            selected: None,
            place: Place::default(),
            gone: None,
            typed: Typed::default(),
            query: String::new(),
            mode: Mode::Board,
            notice: None,
            pending: Vec::new(),
            held: Vec::new(),
            done: Vec::new(),
            lens: Lens::All,
            menu: Menu::default(),
            menu_due: Some(now),
            item: None,
            news: News::default(),
            shift: ShiftWatch::new(),
            aside: Aside::default(),
            touched: now,
            quitting: None,
            stepped: None,
            clicked: None,
            shown: Default::default(),
            hidden: Vec::new(),
            tops: [0; 3],
            still: false,
        };
        model.look_at(model.home());
        model
    }

    /// The words.
    pub fn texts(&self) -> &'static Texts {
        self.settings.texts()
    }

    /// What the screen is worth.
    pub fn trust(&self) -> Trust<'_> {
        self.link.trust(self.now)
    }

    /// Whether what is on the screen may be out of date.
    pub fn is_stale(&self) -> bool {
        matches!(self.trust(), Trust::Lost(..))
    }

    /// The cards of a column that lens and search let through.
    pub fn column(&self, column: usize) -> Vec<&Card> {
        let shown = self.shown.get(column).into_iter().flatten();
        shown.filter_map(|at| self.cards.get(*at)).collect()
    }

    /// How many orders a column shows, without cancelled ones. Every count of the board is of what it shows; what lens
    /// or search hide is counted apart.
    pub fn count(&self, column: usize) -> usize {
        let shown = self.shown.get(column).into_iter().flatten().filter_map(|at| self.cards.get(*at));
        shown.filter(|card| card.cancelled.is_none()).count()
    }

    /// Whether a column shows no card at all.
    pub fn is_empty(&self, column: usize) -> bool {
        self.shown.get(column).is_none_or(Vec::is_empty)
    }

    /// The orders of this board that lens or search hide.
    pub fn hidden(&self) -> impl Iterator<Item = &Card> {
        self.hidden.iter().filter_map(|at| self.cards.get(*at))
    }

    /// The cards that are shown, column by column.
    pub fn shown(&self) -> impl Iterator<Item = &Card> {
        self.shown.iter().flatten().filter_map(|at| self.cards.get(*at))
    }

    /// The column in which the selected card is shown: the only one that is scrolled.
    pub fn selected_column(&self) -> Option<usize> {
        let Place { column, rows } = self.place;
        let at = self.shown.get(column)?.get(rows[column])?;
        self.cards.get(*at).filter(|card| Some(card.id) == self.selected).map(|_| column)
    }

    /// Cards, lens or search changed: finds out which cards are shown where.
    pub(crate) fn changed(&mut self) {
        let query = fold(self.query.trim());
        let (mut shown, mut hidden) = (<[Vec<usize>; 3]>::default(), Vec::new());
        for (at, card) in self.cards.iter().enumerate() {
            match self.column_of(card).filter(|_| query.is_empty() || card.matches(&query)) {
                Some(column) => shown[column].push(at),
                None if self.is_ours(card) => hidden.push(at),
                None => {}
            }
        }
        (self.shown, self.hidden) = (shown, hidden);
    }

    /// Keeps the selected card on the screen; the other columns show their oldest.
    pub(crate) fn scroll(&mut self) {
        self.keep_place();
        if !self.still {
            self.tops = view::tops(self);
        }
    }

    /// The order on the board with this id.
    pub fn card(&self, id: OrderId) -> Option<&Card> {
        self.cards.iter().find(|card| card.id == id)
    }

    /// The selected order, if it is on the board.
    pub fn selected_card(&self) -> Option<&Card> {
        self.selected.and_then(|id| self.card(id))
    }

    /// The selected order, if it left the board by a key of this board.
    pub fn selected_gone(&self) -> Option<&Card> {
        self.gone.as_ref().filter(|gone| Some(gone.id) == self.selected)
    }

    /// Selects an order and remembers its place.
    pub fn select(&mut self, id: OrderId) {
        self.selected = Some(id);
        self.keep_place();
    }

    /// Remembers where the selected card is, so that the way goes on from there when it leaves.
    pub fn keep_place(&mut self) {
        let Some(card) = self.selected_card() else { return };
        let (id, Some(column)) = (card.id, self.column_of(card)) else { return };
        if let Some(row) = self.column(column).iter().position(|card| card.id == id) {
            self.place.column = column;
            self.place.rows[column] = row;
        }
    }

    /// Whether an order waits for what this board looks at, past the second threshold.
    pub fn is_late(&self, card: &Card) -> bool {
        let waits = self.lens == Lens::All || self.has_work(card);
        waits && card.cancelled.is_none() && card.age(self.now) >= self.settings.thresholds.late
    }

    /// How many orders are past the second threshold.
    pub fn late(&self) -> usize {
        self.shown().filter(|card| self.is_late(card)).count()
    }

    /// The order that has waited longest: a late one, if there is any.
    pub fn oldest(&self) -> Option<OrderId> {
        let waiting = || self.shown().filter(|card| card.cancelled.is_none());
        let late = waiting().filter(|card| self.is_late(card)).min_by_key(|card| card.since);
        late.or_else(|| waiting().min_by_key(|card| card.since)).map(|card| card.id)
    }

    /// How many of each item that is shown are still to be made, most first.
    pub fn to_make(&self) -> Vec<(String, u64)> {
        let mut sums = std::collections::BTreeMap::<&str, u64>::new();
        let open = self.shown().filter(|card| card.cancelled.is_none() && moves::is_open(card.status));
        for item in open.flat_map(|card| self.seen_items(card)).filter(|item| !item.struck) {
            *sums.entry(&item.name).or_default() += u64::from(item.quantity);
        }
        let mut sums: Vec<_> = sums.into_iter().map(|(name, sum)| (name.to_owned(), sum)).collect();
        sums.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
        sums
    }

    /// Whether a change of this order is on its way.
    pub fn is_pending(&self, id: OrderId) -> bool {
        self.pending.iter().any(|pending| pending.before.id == id)
    }

    /// Whether a change of this order is on its way for so long that it has to be said.
    pub fn is_sending(&self, id: OrderId) -> bool {
        self.sending().any(|pending| pending.before.id == id)
    }

    /// Changes that are on their way for so long that it has to be said.
    pub fn sending(&self) -> impl Iterator<Item = &Pending> {
        self.pending.iter().filter(|pending| self.now.since(pending.since) >= SENDING_AFTER)
    }

    /// The key to show for an action.
    pub fn key(&self, action: super::keys::Action) -> String {
        self.keys.key_for(action, self.texts())
    }

    /// Says something for a few seconds.
    pub fn say(&mut self, text: String) {
        self.notice = Some(Notice { text, error: false, until: self.now.plus(Duration::from_secs(5)) });
    }

    /// Says a refusal, somewhat longer.
    pub fn refuse(&mut self, text: String) {
        self.notice = Some(Notice { text, error: true, until: self.now.plus(Duration::from_secs(8)) });
    }

    /// Puts a card where the queue will have it, or takes it away.
    pub(crate) fn place_card(&mut self, card: Card) {
        self.cards.retain(|known| known.id != card.id);
        if moves::column_of(card.status).is_some() {
            let at = self.cards.partition_point(|known| known.rank() <= card.rank());
            self.cards.insert(at, card);
        }
        self.changed();
    }
}
