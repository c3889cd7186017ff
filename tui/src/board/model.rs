//! What the board knows.

use std::time::Duration;

use domain::{OrderId, OrderStatus, Timestamp};

use super::card::{Card, Item};
use super::keys::KeyMap;
use super::moves;
use crate::link::{Link, Trust};
use crate::settings::Settings;
use crate::text::fold;
use crate::texts::Texts;

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
    /// Orders with a change on its way.
    pub pending: Vec<OrderId>,
    /// Whether this is a picture and not a screen: no keys, no selection.
    pub still: bool,
}

/// A column and the row in each column.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Place {
    /// The column, from the left.
    pub column: usize,
    /// The row in each column.
    pub rows: [usize; 3],
}

/// Digits of a pick-up number as they are typed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Typed {
    /// The digits.
    pub digits: String,
    /// Until when the next digit belongs to them.
    pub until: Option<Timestamp>,
}

/// What is in front of the cards.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Mode {
    /// Nothing.
    Board,
    /// The search is being typed.
    Search,
    /// All keys.
    Help,
    /// How many of each item are still to be made.
    AllDay,
    /// All of the selected order.
    Detail {
        /// The item that the strike key is about, from 0.
        item: usize,
    },
    /// Why an order is cancelled.
    Cancel(Cancel),
}

/// The dialog before a cancellation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cancel {
    /// The order as it was when the dialog opened.
    pub card: Card,
    /// Which of the ready reasons is chosen; one past the last is the typed one.
    pub choice: usize,
    /// A reason of one's own.
    pub own: String,
    /// Whether it only waits for the second key.
    pub confirming: bool,
}

/// A line for the person at the board.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// What it says.
    pub text: String,
    /// Whether something was refused.
    pub error: bool,
    /// When it goes away.
    pub until: Timestamp,
}

impl Model {
    /// An empty board.
    pub fn new(settings: Settings, now: Timestamp, size: (u16, u16)) -> Self {
        let link = Link::new(now, settings.interval);
        Model {
            settings,
            keys: KeyMap::default(),
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
            still: false,
        }
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

    /// The cards of a column that the search lets through.
    pub fn column(&self, column: usize) -> Vec<&Card> {
        let query = fold(self.query.trim());
        let status = moves::COLUMNS.get(column);
        let shown = |card: &&Card| Some(&card.status) == status && (query.is_empty() || card.matches(&query));
        self.cards.iter().filter(shown).collect()
    }

    /// How many orders have this status, whatever is searched for.
    pub fn count(&self, status: OrderStatus) -> usize {
        self.cards.iter().filter(|card| card.status == status).count()
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
        let (id, Some(column)) = (card.id, moves::column_of(card.status)) else { return };
        if let Some(row) = self.column(column).iter().position(|card| card.id == id) {
            self.place.column = column;
            self.place.rows[column] = row;
        }
    }

    /// How many orders are past the second threshold.
    pub fn late(&self) -> usize {
        self.cards.iter().filter(|card| card.age(self.now) >= self.settings.thresholds.late).count()
    }

    /// How many of each item are still to be made, most first.
    pub fn to_make(&self) -> Vec<(String, u64)> {
        let mut sums = std::collections::BTreeMap::<&str, u64>::new();
        let open = |card: &&Card| matches!(card.status, OrderStatus::Paid | OrderStatus::Preparing);
        let items = self.cards.iter().filter(open).flat_map(|card| &card.items);
        for Item { name, quantity, .. } in items.filter(|item| !item.struck) {
            *sums.entry(name).or_default() += u64::from(*quantity);
        }
        let mut sums: Vec<_> = sums.into_iter().map(|(name, sum)| (name.to_owned(), sum)).collect();
        sums.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
        sums
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
        if moves::column_of(card.status).is_none() {
            return;
        }
        let at = self.cards.partition_point(|known| known.rank() <= card.rank());
        self.cards.insert(at, card);
    }
}
