//! Which key does what, as data. The help and the bar at the bottom are made from this table.

use crossterm::event::KeyCode;

use crate::texts::Actions;

/// What a key can ask for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Action {
    /// Selects in the column to the left.
    Left,
    /// Selects in the column to the right.
    Right,
    /// Selects the card above.
    Up,
    /// Selects the card below.
    Down,
    /// Selects the first card of the column.
    First,
    /// Selects the last card of the column.
    Last,
    /// Moves the selected order one step forward.
    Bump,
    /// Takes the last step of the selected order back.
    Recall,
    /// Marks the next item of the selected order as done.
    Strike,
    /// Pulls the selected order to the front, or lets it go.
    Prioritise,
    /// Asks why, and cancels.
    Cancel,
    /// Shows all of the selected order.
    Detail,
    /// Counts what is still to be made.
    AllDay,
    /// Finds orders by a word.
    Search,
    /// Ends a search, a dialog or a selection.
    Escape,
    /// Shows every key.
    Help,
    /// Ends the program.
    Quit,
}

impl Action {
    /// Whether it changes an order: refused on a read-only board and without a connection.
    pub const fn changes(self) -> bool {
        matches!(self, Action::Bump | Action::Recall | Action::Strike | Action::Prioritise | Action::Cancel)
    }

    /// What it does, in words.
    pub const fn label(self, texts: &Actions) -> &'static str {
        match self {
            Action::Left => texts.left,
            Action::Right => texts.right,
            Action::Up => texts.up,
            Action::Down => texts.down,
            Action::First => texts.first,
            Action::Last => texts.last,
            Action::Bump => texts.bump,
            Action::Recall => texts.recall,
            Action::Strike => texts.strike,
            Action::Prioritise => texts.prioritise,
            Action::Cancel => texts.cancel,
            Action::Detail => texts.detail,
            Action::AllDay => texts.all_day,
            Action::Search => texts.search,
            Action::Escape => texts.escape,
            Action::Help => texts.help,
            Action::Quit => texts.quit,
        }
    }
}

/// One line of the key table.
#[derive(Debug, Clone)]
pub struct Binding {
    /// The keys, the one to show first.
    pub keys: Vec<KeyCode>,
    /// What they do.
    pub action: Action,
    /// Place in the bar at the bottom, from the left; `None` is shown in the help only.
    pub bar: Option<u8>,
}

/// Every key of the board but the digits, which select by pick-up number.
#[derive(Debug, Clone)]
pub struct KeyMap(pub Vec<Binding>);

impl Default for KeyMap {
    fn default() -> Self {
        use KeyCode::{Backspace, Char, Down, End, Enter, Esc, Home, Left, Right, Up};
        let row = |keys: &[KeyCode], action, bar| Binding { keys: keys.to_vec(), action, bar };
        KeyMap(vec![
            row(&[Left, Char('h')], Action::Left, None),
            row(&[Right, Char('l')], Action::Right, None),
            row(&[Up, Char('k')], Action::Up, None),
            row(&[Down, Char('j')], Action::Down, None),
            row(&[Home, Char('g')], Action::First, None),
            row(&[End, Char('G')], Action::Last, None),
            row(&[Enter, Char(' ')], Action::Bump, Some(1)),
            row(&[Backspace], Action::Recall, Some(2)),
            row(&[Char('x')], Action::Strike, Some(3)),
            row(&[Char('p')], Action::Prioritise, Some(6)),
            row(&[Char('c')], Action::Cancel, Some(4)),
            row(&[Char('d')], Action::Detail, Some(7)),
            row(&[Char('a')], Action::AllDay, Some(8)),
            row(&[Char('/')], Action::Search, Some(5)),
            row(&[Esc], Action::Escape, None),
            row(&[Char('?')], Action::Help, Some(9)),
            row(&[Char('q')], Action::Quit, Some(10)),
        ])
    }
}

impl KeyMap {
    /// What a key does.
    pub fn action(&self, key: KeyCode) -> Option<Action> {
        self.0.iter().find(|binding| binding.keys.contains(&key)).map(|binding| binding.action)
    }

    /// The key to show for an action.
    pub fn key_for(&self, action: Action) -> String {
        let binding = self.0.iter().find(|binding| binding.action == action);
        binding.and_then(|binding| binding.keys.first()).map(|key| name(*key)).unwrap_or_default()
    }

    /// The bindings of the bar, from the left.
    pub fn bar(&self) -> Vec<&Binding> {
        let mut shown: Vec<_> = self.0.iter().filter(|binding| binding.bar.is_some()).collect();
        shown.sort_by_key(|binding| binding.bar);
        shown
    }
}

/// A key as a person knows it.
pub fn name(key: KeyCode) -> String {
    match key {
        KeyCode::Char(' ') => "Espaço".to_owned(),
        KeyCode::Char(c) => c.to_string(),
        KeyCode::Left => "←".to_owned(),
        KeyCode::Right => "→".to_owned(),
        KeyCode::Up => "↑".to_owned(),
        KeyCode::Down => "↓".to_owned(),
        other => other.to_string(),
    }
}
