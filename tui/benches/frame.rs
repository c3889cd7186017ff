//! How long the board takes for a frame, and for a new queue, with 1,000 and 10,000 open orders; medians.
//!
//! ```text
//! cargo bench -p tui
//! ```

#![allow(clippy::print_stdout, clippy::unwrap_used, reason = "a benchmark talks to a person and may simply stop")]

use std::time::{Duration, Instant};

use api::client::{Aside, Queue};
use api::order::QueueEntry;
use domain::{DayRule, Timestamp};
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use tui::Settings;
use tui::board::{Model, Msg, update, view};

const ROUNDS: usize = 201;

fn main() {
    println!("{:<10}{:<10}{:>14}{:>14}{:>14}", "orders", "screen", "frame", "key + frame", "queue");
    for orders in [1_000, 10_000] {
        for (columns, rows) in [(80, 24), (120, 40), (200, 50)] {
            let (frame, key, queue) = measure(orders, columns, rows);
            let screen = format!("{columns}x{rows}");
            println!("{orders:<10}{screen:<10}{frame:>14.2?}{key:>14.2?}{queue:>14.2?}");
        }
    }
}

fn measure(orders: u32, columns: u16, rows: u16) -> (Duration, Duration, Duration) {
    let now: Timestamp = "2026-11-23T15:30:00Z".parse().unwrap();
    let day = DayRule::new("America/Sao_Paulo", "00:00").unwrap();
    let mut model = Model::new(Settings::new(day), now, (columns, rows));
    let mut terminal = Terminal::new(TestBackend::new(columns, rows)).unwrap();
    let queue = entries(orders);
    let read = |model: &mut Model| {
        let answer = Queue { entries: queue.clone(), etag: None };
        median(1 + ROUNDS / 10, || drop(update(model, Msg::Queue(Ok(Some(answer.clone())), Aside::default()))))
    };
    let queue = read(&mut model);
    let mut second = 0;
    // Each frame is another second, so that something changes on every card.
    let frame = median(ROUNDS, || {
        second += 1;
        update(&mut model, Msg::Tick(now.plus(Duration::from_secs(second))));
        terminal.draw(|frame| view::draw(&model, frame)).unwrap();
    });
    let down = crossterm::event::KeyEvent::from(crossterm::event::KeyCode::Down);
    let key = median(ROUNDS, || {
        update(&mut model, Msg::Key(down));
        terminal.draw(|frame| view::draw(&model, frame)).unwrap();
    });
    (frame, key, queue)
}

fn median(rounds: usize, mut work: impl FnMut()) -> Duration {
    let mut times: Vec<Duration> = (0..rounds)
        .map(|_| {
            let begin = Instant::now();
            work();
            begin.elapsed()
        })
        .collect();
    times.sort();
    times[rounds / 2]
}

/// Orders of two lines, one with a comment, a third in each column.
fn entries(orders: u32) -> Vec<QueueEntry> {
    let entry = |number: u32| {
        let status = ["ready_for_pickup", "preparing", "paid"][(number * 3 / (orders + 1)) as usize];
        let item = |line: u32, name: &str, comment: Option<&str>| {
            serde_json::json!({
                "line": line, "product_id": id(1), "category_id": id(2), "name": name, "price": 10.00, "quantity": 2,
                "comment": comment, "total": 20.00, "struck_at": null,
            })
        };
        let at = "2026-11-23T15:20:00Z";
        serde_json::from_value(serde_json::json!({
            "id": id(number + 10), "number": number, "pickup_name": "Maria Clara", "prioritized": false,
            "status": status, "payment_status": "approved", "payment_method": "pix", "amount": 40.00,
            "items": [
                item(1, "X-Bacon", Some("metade sem picles, o molho à parte, por favor")),
                item(2, "Suco de laranja", None),
            ],
            "created_at": at, "updated_at": at, "paid_at": at, "ready_at": null, "delivered_at": null, "version": 3,
        }))
        .unwrap()
    };
    (1..=orders).map(entry).collect()
}

fn id(number: u32) -> String {
    format!("01900000-0000-7000-8000-{number:012}")
}
