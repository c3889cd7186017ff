//! Any keys, sizes and answers in any order: it keeps working, and what it draws fits.

use api::client::Aside;
use std::time::Duration;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use domain::OrderStatus::{Delivered, Paid, Preparing, ReadyForPickup};
use proptest::prelude::*;
use tui::Failure;
use tui::board::{Effect, Msg, update};

use crate::fixtures::*;

#[derive(Debug, Clone)]
enum Happening {
    Key(KeyCode),
    Resize(u16, u16),
    Queue(Vec<(u32, u8)>),
    Time(u64),
    Lost,
    /// Every change on its way is answered.
    Answers(u8),
}

fn key() -> impl Strategy<Value = KeyCode> {
    let fixed = [
        KeyCode::Enter,
        KeyCode::Backspace,
        KeyCode::Esc,
        KeyCode::Up,
        KeyCode::Down,
        KeyCode::Left,
        KeyCode::Right,
        KeyCode::Home,
        KeyCode::End,
    ];
    prop_oneof![
        3 => proptest::sample::select(fixed.to_vec()),
        3 => proptest::sample::select("0123456789hjklgG xpcda/?qsn".chars().map(KeyCode::Char).collect::<Vec<_>>()),
        1 => any::<char>().prop_map(KeyCode::Char),
    ]
}

fn happening() -> impl Strategy<Value = Happening> {
    prop_oneof![
        6 => key().prop_map(Happening::Key),
        2 => (0_u16..220, 0_u16..70).prop_map(|(columns, rows)| Happening::Resize(columns, rows)),
        2 => proptest::collection::vec((1_u32..30, 0_u8..4), 0..40).prop_map(Happening::Queue),
        2 => (0_u64..20_000).prop_map(Happening::Time),
        1 => Just(Happening::Lost),
        2 => (0_u8..8).prop_map(Happening::Answers),
    ]
}

fn queue(rows: Vec<(u32, u8)>) -> Msg {
    let mut entries: Vec<_> = rows
        .into_iter()
        .map(|(number, kind)| {
            let status = [ReadyForPickup, Preparing, Paid, Paid][usize::from(kind)];
            let mut entry = entry(number, status, u64::from(number));
            entry.items.truncate(usize::from(kind));
            entry
        })
        .collect();
    entries.sort_by_key(|entry| (entry.status.queue_rank(), entry.number));
    entries.dedup_by_key(|entry| entry.id);
    tag(entries)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn nothing_panics_and_everything_fits(happenings in proptest::collection::vec(happening(), 1..60)) {
        let mut model = board(busy());
        let mut changes = Vec::new();
        for happening in happenings {
            let effects = match happening {
                Happening::Key(key) => update(&mut model, Msg::Key(KeyEvent::new(key, KeyModifiers::NONE))),
                Happening::Resize(columns, rows) => update(&mut model, Msg::Resize(columns, rows)),
                Happening::Queue(rows) => update(&mut model, queue(rows)),
                Happening::Time(millis) => later(&mut model, Duration::from_millis(millis)),
                Happening::Lost => update(&mut model, Msg::Queue(Err(Failure::Unreachable("gone".into())), Aside::default())),
                Happening::Answers(kind) => changes.drain(..).flat_map(|change: tui::board::msg::Change| {
                    let status = [Paid, Preparing, ReadyForPickup, Delivered][usize::from(kind % 4)];
                    let mut entry = entry(change.number, status, 1);
                    entry.version = 4 + u64::from(kind);
                    let answer = if kind < 4 { Ok(order(entry)) } else { Err(Failure::Conflict("no".into(), None)) };
                    update(&mut model, Msg::Changed(change, answer))
                }).collect(),
            };
            for effect in effects {
                if let Effect::Change(change) = effect {
                    prop_assert!(!model.is_stale(), "nothing is sent while the screen is old");
                    changes.push(change);
                }
            }
            prop_assert_eq!(changes.len(), model.pending.len(), "each change on its way is known");
            let (columns, rows) = model.size;
            let screen = drawn(&model, (columns, rows));
            prop_assert!(screen.lines().all(|line| tui::text::width(line) <= usize::from(columns)));
        }
    }
}
