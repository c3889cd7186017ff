//! Every word on the screens, in Portuguese and in English. `{name}` stands for something filled in.

mod en;
mod pt;

use api::Lang;
use domain::{Money, PaymentMethod, Role};

/// The words of one language.
#[derive(Debug)]
#[allow(missing_docs, reason = "each text is its own documentation")]
pub struct Texts {
    pub decimal: &'static str,
    pub kitchen: &'static str,
    pub columns: [&'static str; 3],
    pub late_count: &'static str,
    pub readonly: &'static str,
    pub sandbox: &'static str,
    pub connecting: &'static str,
    pub live: &'static str,
    pub last_good: &'static str,
    pub never: &'static str,
    pub no_connection: &'static str,
    pub access_refused: &'static str,
    pub token_expired: &'static str,
    pub token_forbidden: &'static str,
    pub unnamed: &'static str,
    pub number: &'static str,
    pub minutes: &'static str,
    pub hours: &'static str,
    pub pix: &'static str,
    pub checkout: &'static str,
    pub counter: &'static str,
    pub empty: &'static str,
    pub nothing_found: &'static str,
    pub above: &'static str,
    pub below: &'static str,
    pub more_lines: &'static str,
    pub sending: &'static str,
    pub typed: &'static str,
    pub typed_unknown: &'static str,
    pub no_such_number: &'static str,
    pub nothing_selected: &'static str,
    pub was_delivered: &'static str,
    pub delivered: &'static str,
    pub still_sending: &'static str,
    pub is_readonly: &'static str,
    pub refused_offline: &'static str,
    pub not_for_role: &'static str,
    pub no_recall: &'static str,
    pub no_cancel: &'static str,
    pub all_struck: &'static str,
    pub moved: &'static str,
    pub cancelled: &'static str,
    pub struck: &'static str,
    pub prioritised: &'static str,
    pub unprioritised: &'static str,
    pub faster: &'static str,
    pub by: &'static str,
    pub unconfirmed: &'static str,
    pub refused: &'static str,
    pub nonsense: &'static str,
    pub search: &'static str,
    pub search_hint: &'static str,
    pub searching: &'static str,
    pub help_title: &'static str,
    pub help_digits_key: &'static str,
    pub help_digits: &'static str,
    pub help_notes: &'static [&'static str],
    pub close: &'static str,
    pub cancel_title: &'static str,
    pub cancel_hint: &'static str,
    pub cancel_own: &'static str,
    pub cancel_confirm: &'static str,
    pub cancel_confirm_hint: &'static str,
    pub reason: &'static str,
    pub reasons: &'static [&'static str],
    pub detail_title: &'static str,
    pub detail_hint: &'static str,
    pub all_day_title: &'static str,
    pub all_day_empty: &'static str,
    pub too_small: &'static str,
    pub panel_preparing: &'static str,
    pub panel_ready: &'static str,
    pub panel_call: &'static str,
    pub space_key: &'static str,
    pub average: &'static str,
    pub categories_title: &'static str,
    pub everything: &'static str,
    pub station: &'static str,
    pub filter_hint: &'static str,
    pub filter_empty: &'static str,
    pub owes: &'static str,
    pub also: &'static str,
    pub elsewhere: &'static str,
    pub others: &'static str,
    pub done_here: &'static str,
    pub nothing_here: &'static str,
    pub not_here: &'static str,
    pub others_began: &'static str,
    pub unknown_category: &'static str,
    pub held: &'static str,
    pub back_in_place: &'static str,
    pub unheld: &'static str,
    pub held_card: &'static str,
    pub nothing_to_undo: &'static str,
    pub no_undo: &'static str,
    pub undone: &'static str,
    pub station_struck: &'static str,
    pub station_unstruck: &'static str,
    pub fresh: &'static str,
    pub changed_mark: &'static str,
    pub cancelled_mark: &'static str,
    pub cancelled_by: &'static str,
    pub cancelled_seen: &'static str,
    pub is_cancelled: &'static str,
    pub left_unknown: &'static str,
    pub alert_failed: &'static str,
    pub record_failed: &'static str,
    pub shift_title: &'static str,
    pub shift_wait: &'static str,
    pub shift_orders: &'static str,
    pub shift_open: &'static str,
    pub shift_average: &'static str,
    pub shift_p90: &'static str,
    pub shift_slowest: &'static str,
    pub shift_slowest_value: &'static str,
    pub shift_peak: &'static str,
    pub shift_peak_value: &'static str,
    pub seconds: &'static str,
    pub unsent: &'static str,
    pub dead_letters: &'static str,
    pub confirm_yes: &'static str,
    pub confirm_no: &'static str,
    pub chosen_item: &'static str,
    pub replay_state: &'static str,
    pub token_command: &'static str,
    pub no_answer: &'static str,
    pub late_short: &'static str,
    pub hidden_key: &'static str,
    pub searching_short: &'static str,
    pub above_short: &'static str,
    pub below_short: &'static str,
    pub sending_order: &'static str,
    pub quit_soon: &'static str,
    pub quit_by_key: &'static str,
    pub key_held: &'static str,
    pub look_first: &'static str,
    pub only_till: &'static str,
    pub recall_late: &'static str,
    pub recall_twice: &'static str,
    pub not_undone: &'static str,
    pub left_board: &'static str,
    pub is_elsewhere: &'static str,
    pub item_done: &'static str,
    pub item_open: &'static str,
    pub now_ready: &'static str,
    pub undo_hint: &'static str,
    pub recall_hint: &'static str,
    pub bump_items: &'static str,
    pub unmapped: &'static str,
    pub close_scroll: &'static str,
    pub cancelled_brief: &'static str,
    pub date: &'static str,
    pub late_ones: [&'static str; 2],
    pub new_ones: [&'static str; 2],
    pub cancelled_ones: [&'static str; 2],
    pub hidden_ones: [&'static str; 2],
    pub orders_count: [&'static str; 2],
    pub statuses: [&'static str; 9],
    pub roles: [&'static str; 6],
    pub actions: Actions,
}

/// What each key does, in a word or two for the bar.
#[derive(Debug)]
#[allow(missing_docs, reason = "each text is its own documentation")]
pub struct Actions {
    pub left: &'static str,
    pub right: &'static str,
    pub up: &'static str,
    pub down: &'static str,
    pub first: &'static str,
    pub last: &'static str,
    pub oldest: &'static str,
    pub item: &'static str,
    pub bump: &'static str,
    pub recall: &'static str,
    pub strike: &'static str,
    pub undo: &'static str,
    pub prioritise: &'static str,
    pub cancel: &'static str,
    pub detail: &'static str,
    pub search: &'static str,
    pub filter: &'static str,
    pub all_day: &'static str,
    pub shift: &'static str,
    pub escape: &'static str,
    pub help: &'static str,
    pub quit: &'static str,
}

impl Texts {
    /// The words of a language.
    pub const fn of(lang: Lang) -> &'static Texts {
        match lang {
            Lang::Pt => &pt::PT,
            Lang::En => &en::EN,
        }
    }

    /// An amount: `R$ 35,00`.
    pub fn money(&self, amount: Money) -> String {
        format!("R$ {}", amount.to_string().replace('.', self.decimal))
    }

    /// Who somebody is, in a word.
    pub fn role(&self, role: Role) -> &'static str {
        let at = Role::ALL.iter().position(|known| *known == role);
        at.and_then(|at| self.roles.get(at)).copied().unwrap_or_default()
    }

    /// How an order is paid, in a word.
    pub const fn method(&self, method: PaymentMethod) -> &'static str {
        match method {
            PaymentMethod::Pix => self.pix,
            PaymentMethod::Checkout => self.checkout,
            PaymentMethod::Counter => self.counter,
        }
    }
}

/// A count of one or of many.
pub fn count(text: [&str; 2], n: usize) -> String {
    fill(text[usize::from(n != 1)], &[("n", &n.to_string())])
}

/// Fills a text's places.
pub fn fill(text: &str, places: &[(&str, &str)]) -> String {
    let mut out = String::with_capacity(text.len() + 16);
    let mut rest = text;
    while let Some(open) = rest.find('{') {
        let Some(close) = rest[open..].find('}') else { break };
        out.push_str(&rest[..open]);
        let name = &rest[open + 1..open + close];
        out.push_str(places.iter().find(|(place, _)| *place == name).map_or("", |(_, value)| value));
        rest = &rest[open + close + 1..];
    }
    out.push_str(rest);
    out
}
