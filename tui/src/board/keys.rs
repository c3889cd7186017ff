//! Which key does what, as data. The help and the bar at the bottom are made from this table, and the configuration
//! changes it.

use crossterm::event::KeyCode;

use crate::texts::{Actions, Texts};

macro_rules! actions {
    ($($(#[$doc:meta])* $action:ident => $name:literal, $label:ident, [$($key:literal),*], $bar:expr;)*) => {
        /// What a key can ask for.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Action {
            $($(#[$doc])* $action,)*
        }

        impl Action {
            /// Every action, in the order of the help.
            pub const ALL: &[Action] = &[$(Action::$action,)*];

            /// Its name in the configuration.
            pub const fn name(self) -> &'static str {
                match self {
                    $(Action::$action => $name,)*
                }
            }

            /// What it does, in words.
            pub const fn label(self, texts: &Actions) -> &'static str {
                match self {
                    $(Action::$action => texts.$label,)*
                }
            }

            /// The names of its keys, the one to show first, unless somebody wants others.
            pub const fn default_keys(self) -> &'static [&'static str] {
                match self {
                    $(Action::$action => &[$($key),*],)*
                }
            }

            /// Place in the bar at the bottom, from the left; `None` is shown in the help only.
            pub const fn bar(self) -> Option<u8> {
                match self {
                    $(Action::$action => $bar,)*
                }
            }
        }
    };
}

actions! {
    /// Selects in the column to the left.
    Left => "left", left, ["left", "h"], None;
    /// Selects in the column to the right.
    Right => "right", right, ["right", "l"], None;
    /// Selects the card above.
    Up => "up", up, ["up", "k"], None;
    /// Selects the card below.
    Down => "down", down, ["down", "j"], None;
    /// Selects the first card of the column.
    First => "first", first, ["home", "g"], None;
    /// Selects the last card of the column.
    Last => "last", last, ["end", "G"], None;
    /// Selects the order that has waited longest, a late one if there is any.
    Oldest => "oldest", oldest, ["o"], None;
    /// Chooses the next item of the selected order, for the strike key.
    Item => "item", item, ["tab"], None;
    /// Moves the selected order one step forward.
    Bump => "bump", bump, ["enter", "space"], Some(1);
    /// Takes the last step of the selected order back.
    Recall => "recall", recall, ["backspace"], Some(2);
    /// Marks the next or the chosen item of the selected order as done.
    Strike => "strike", strike, ["x"], Some(4);
    /// Takes back what this board did last.
    Undo => "undo", undo, ["u"], Some(3);
    /// Pulls the selected order to the front, or lets it go.
    Prioritise => "prioritise", prioritise, ["p"], Some(7);
    /// Asks why, and cancels.
    Cancel => "cancel", cancel, ["c"], Some(5);
    /// Shows all of the selected order.
    Detail => "detail", detail, ["d"], Some(12);
    /// Finds orders by a word.
    Search => "search", search, ["/"], Some(6);
    /// Shows one category or one station.
    Filter => "filter", filter, ["f"], Some(8);
    /// Counts what is still to be made.
    AllDay => "all_day", all_day, ["a"], Some(9);
    /// How today is going.
    Shift => "shift", shift, ["s"], Some(11);
    /// Ends a search, a dialog or a selection.
    Escape => "escape", escape, ["esc"], None;
    /// Shows every key.
    Help => "help", help, ["?"], Some(20);
    /// Ends the program.
    Quit => "quit", quit, ["q"], Some(21);
}

impl Action {
    /// Whether it changes an order: refused on a read-only board and without a connection.
    pub const fn changes(self) -> bool {
        matches!(
            self,
            Action::Bump | Action::Recall | Action::Strike | Action::Undo | Action::Prioritise | Action::Cancel
        )
    }
}

/// One line of the key table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Binding {
    /// The keys, the one to show first.
    pub keys: Vec<KeyCode>,
    /// What they do.
    pub action: Action,
}

/// Every key of the board but the digits, which select by pick-up number, and Ctrl-C and Ctrl-Z.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyMap(pub Vec<Binding>);

/// What is wrong with the keys that somebody wants.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeyFault {
    /// No such key.
    #[error("{0:?} is no key: one character, or {known}", known = NAMED.map(|(name, _)| name).join(", "))]
    Unknown(String),
    /// Digits choose an order by its number.
    #[error("{0:?} is a digit, and digits select an order by its number")]
    Digit(String),
    /// Another action has the key already.
    #[error("{0:?} is the key of {1} too")]
    Taken(String, &'static str),
}

/// Keys that have a name.
const NAMED: [(&str, KeyCode); 16] = [
    ("enter", KeyCode::Enter),
    ("space", KeyCode::Char(' ')),
    ("backspace", KeyCode::Backspace),
    ("esc", KeyCode::Esc),
    ("tab", KeyCode::Tab),
    ("backtab", KeyCode::BackTab),
    ("left", KeyCode::Left),
    ("right", KeyCode::Right),
    ("up", KeyCode::Up),
    ("down", KeyCode::Down),
    ("home", KeyCode::Home),
    ("end", KeyCode::End),
    ("pageup", KeyCode::PageUp),
    ("pagedown", KeyCode::PageDown),
    ("insert", KeyCode::Insert),
    ("delete", KeyCode::Delete),
];

/// Reads the name of a key: one character as it is typed, `f1` to `f12`, or a word such as `enter`.
///
/// # Errors
/// When there is no such key, or it is a digit.
pub fn parse(name: &str) -> Result<KeyCode, KeyFault> {
    let mut letters = name.chars();
    if let (Some(letter), None) = (letters.next(), letters.next()) {
        return match letter {
            '0'..='9' => Err(KeyFault::Digit(name.to_owned())),
            ' ' => Ok(KeyCode::Char(' ')),
            letter if letter.is_control() || letter.is_whitespace() => Err(KeyFault::Unknown(name.to_owned())),
            letter => Ok(KeyCode::Char(letter)),
        };
    }
    let word = name.to_ascii_lowercase();
    let function = word.strip_prefix('f').and_then(|n| n.parse().ok()).filter(|n| (1..=12).contains(n));
    let named = NAMED.iter().find(|(known, _)| *known == word).map(|(_, key)| *key);
    function.map(KeyCode::F).or(named).ok_or_else(|| KeyFault::Unknown(name.to_owned()))
}

/// The name of a key in the configuration; the reverse of [`parse`].
pub(crate) fn word(key: KeyCode) -> String {
    match (NAMED.iter().find(|(_, named)| *named == key), key) {
        (Some((name, _)), _) => (*name).to_owned(),
        (None, KeyCode::Char(letter)) => letter.to_string(),
        (None, KeyCode::F(number)) => format!("f{number}"),
        (None, other) => other.to_string(),
    }
}

impl Default for KeyMap {
    fn default() -> Self {
        let binding = |action: &Action| Binding {
            keys: action.default_keys().iter().filter_map(|name| parse(name).ok()).collect(),
            action: *action,
        };
        KeyMap(Action::ALL.iter().map(binding).collect())
    }
}

impl KeyMap {
    /// The map in which each action has the keys that `wanted` names for it.
    ///
    /// # Errors
    /// Everything that is wrong, with the action that it is wrong for.
    pub fn new(wanted: impl Fn(Action) -> Vec<String>) -> Result<Self, Vec<(Action, KeyFault)>> {
        let mut bindings: Vec<Binding> = Vec::new();
        let mut faults = Vec::new();
        for action in Action::ALL.iter().copied() {
            let mut keys = Vec::new();
            for name in wanted(action) {
                let taken = |key| bindings.iter().find(|other| other.keys.contains(&key)).map(|other| other.action);
                match parse(&name).map(|key| (key, taken(key))) {
                    Ok((_, Some(other))) => faults.push((action, KeyFault::Taken(name, other.name()))),
                    Ok((key, None)) => keys.push(key),
                    Err(fault) => faults.push((action, fault)),
                }
            }
            bindings.push(Binding { keys, action });
        }
        if faults.is_empty() { Ok(KeyMap(bindings)) } else { Err(faults) }
    }

    /// What a key does.
    pub fn action(&self, key: KeyCode) -> Option<Action> {
        self.0.iter().find(|binding| binding.keys.contains(&key)).map(|binding| binding.action)
    }

    /// The key to show for an action; nothing when it has none.
    pub fn key_for(&self, action: Action, texts: &Texts) -> String {
        let binding = self.0.iter().find(|binding| binding.action == action);
        binding.and_then(|binding| binding.keys.first()).map(|key| name(*key, texts)).unwrap_or_default()
    }

    /// The bindings of the bar, from the left.
    pub fn bar(&self) -> Vec<&Binding> {
        let mut shown: Vec<_> = self.0.iter().filter(|binding| binding.action.bar().is_some()).collect();
        shown.sort_by_key(|binding| binding.action.bar());
        shown
    }
}

/// A key as a person knows it.
pub fn name(key: KeyCode, texts: &Texts) -> String {
    match key {
        KeyCode::Char(' ') => texts.space_key.to_owned(),
        KeyCode::Char(c) => c.to_string(),
        KeyCode::Left => "←".to_owned(),
        KeyCode::Right => "→".to_owned(),
        KeyCode::Up => "↑".to_owned(),
        KeyCode::Down => "↓".to_owned(),
        other => other.to_string(),
    }
}
