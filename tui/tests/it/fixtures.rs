//! A board at half past twelve, and orders for it.

use std::time::Duration;

use api::client::{Aside, Queue};
use api::order::{Category, Order, OrderItem, PeakHour, QueueEntry, Shift, SlowItem};
use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use domain::{CategoryId, DayRule, Money, OrderId, OrderStatus, PaymentMethod, PaymentStatus, ProductId, Timestamp};
use tui::board::msg::Change;
use tui::board::{Effect, Model, Msg, update, view};
use tui::{Settings, Station};

/// 12:30:00 in São Paulo.
pub(crate) fn noon() -> Timestamp {
    "2026-11-23T15:30:00Z".parse().expect("a time")
}

/// The same id for the same number.
pub(crate) fn id(number: u32) -> OrderId {
    format!("01900000-0000-7000-8000-{number:012}").parse().expect("an id")
}

pub(crate) fn settings() -> Settings {
    Settings { look: tui::Look::Plain, ..Settings::new(DayRule::new("America/Sao_Paulo", "00:00").expect("a zone")) }
}

/// What is on the menu: sandwiches and drinks.
pub(crate) fn menu() -> Vec<Category> {
    let category = |(position, name): (u32, &str)| Category { id: category(position), name: name.to_owned(), position };
    [(1, "Sanduíches"), (2, "Bebidas")].map(category).to_vec()
}

fn category(position: u32) -> CategoryId {
    format!("01900000-0000-7000-8000-0000000000a{position}").parse().expect("an id")
}

/// The category of an item, by its name.
fn category_of(name: &str) -> CategoryId {
    category(if name.contains("Suco") || name.contains("Água") { 2 } else { 1 })
}

/// How the day went so far.
pub(crate) fn shift() -> Shift {
    Shift {
        day: "2026-11-23".to_owned(),
        orders: 87,
        open: 8,
        average_seconds: Some(6 * 60 + 40),
        p90_seconds: Some(11 * 60),
        slowest: Some(SlowItem { name: "X-Tudo".to_owned(), average_seconds: 9 * 60 + 12, count: 14 }),
        peak_hour: Some(PeakHour { hour: "12:00".to_owned(), orders: 31 }),
    }
}

pub(crate) fn item(line: u32, quantity: u32, name: &str, comment: Option<&str>) -> OrderItem {
    OrderItem {
        line,
        product_id: ProductId::new(),
        category_id: category_of(name),
        name: name.to_owned(),
        price: Money::from_centavos(1000),
        quantity,
        comment: comment.map(str::to_owned),
        total: Money::from_centavos(1000 * i64::from(quantity)),
        struck_at: None,
    }
}

/// An order paid so many minutes ago.
pub(crate) fn entry(number: u32, status: OrderStatus, minutes: u64) -> QueueEntry {
    let paid = noon().minus(Duration::from_secs(minutes * 60));
    QueueEntry {
        id: id(number),
        number,
        pickup_name: Some("Maria Clara".to_owned()),
        prioritized: false,
        status,
        payment_status: PaymentStatus::Approved,
        payment_method: PaymentMethod::Pix,
        amount: Money::from_centavos(3500),
        items: vec![item(1, 2, "X-Burger", Some("sem cebola")), item(2, 1, "Suco de laranja", None)],
        created_at: paid,
        updated_at: paid,
        paid_at: Some(paid),
        ready_at: (status == OrderStatus::ReadyForPickup).then_some(paid),
        delivered_at: None,
        version: 3,
    }
}

/// The order that a change answers with.
pub(crate) fn order(entry: QueueEntry) -> Box<Order> {
    Box::new(Order {
        id: entry.id,
        number: entry.number,
        customer_id: None,
        pickup_name: entry.pickup_name,
        prioritized: entry.prioritized,
        status: entry.status,
        payment_status: entry.payment_status,
        payment_method: entry.payment_method,
        amount: entry.amount,
        currency: "BRL".to_owned(),
        payment_id: None,
        qr_code: None,
        qr_code_base64: api::Picture::LeftOut,
        payment_link: None,
        expires_at: None,
        items: entry.items,
        created_at: entry.created_at,
        updated_at: entry.updated_at,
        paid_at: entry.paid_at,
        ready_at: entry.ready_at,
        delivered_at: entry.delivered_at,
        version: entry.version,
    })
}

/// A shop in full swing: every kind of card, in the queue's order.
pub(crate) fn busy() -> Vec<QueueEntry> {
    use OrderStatus::{Paid, Preparing, ReadyForPickup};
    let mut entries = vec![
        entry(31, ReadyForPickup, 6),
        entry(34, ReadyForPickup, 1),
        entry(35, Preparing, 12),
        entry(37, Preparing, 7),
        entry(33, Paid, 4),
        entry(36, Paid, 11),
        entry(38, Paid, 3),
        entry(39, Paid, 0),
    ];
    entries[0].payment_method = PaymentMethod::Counter;
    entries[1].pickup_name = None;
    entries[2].items[0].struck_at = Some(noon());
    entries[3].items = vec![
        item(
            1,
            1,
            "Combo família com batata grande e refrigerante",
            Some("metade sem picles, o molho à parte, por favor"),
        ),
        item(2, 12, "Pão de queijo", None),
    ];
    entries[4].prioritized = true;
    entries[5].pickup_name = Some("Bartolomeu Figueiredo de Albuquerque".to_owned());
    entries[6].payment_method = PaymentMethod::Checkout;
    entries[7].items = vec![item(1, 1, "Água sem gás", None)];
    entries
}

pub(crate) fn tag(entries: Vec<QueueEntry>) -> Msg {
    Msg::Queue(Ok(Some(Queue { entries, etag: Some("\"1\"".to_owned()) })), Aside::default())
}

/// A board that has just read this queue, the menu and how the day went.
pub(crate) fn board(entries: Vec<QueueEntry>) -> Model {
    board_with(settings(), entries)
}

/// The same with these settings.
pub(crate) fn board_with(settings: Settings, entries: Vec<QueueEntry>) -> Model {
    let mut model = Model::new(settings, noon(), (80, 24));
    assert_eq!(update(&mut model, Msg::Tick(noon())), [Effect::Fetch { etag: None }]);
    let is_empty = entries.is_empty();
    let mut effects = update(&mut model, tag(entries));
    effects.extend(update(&mut model, Msg::Tick(noon())));
    assert!(effects.contains(&Effect::Shift));
    assert_eq!(effects.contains(&Effect::Categories), !is_empty, "categories are asked for when an order has one");
    update(&mut model, Msg::Categories(Ok(menu())));
    update(&mut model, Msg::Shift(Ok(shift())));
    model
}

/// Settings of a kitchen with two stations.
pub(crate) fn with_stations() -> Settings {
    let station = |name: &str, category: &str| Station { name: name.to_owned(), categories: vec![category.to_owned()] };
    Settings { stations: vec![station("chapa", "sanduiches"), station("bebidas", "BEBIDAS")], ..settings() }
}

/// A board at a station.
pub(crate) fn at_station(name: &str, entries: Vec<QueueEntry>) -> Model {
    board_with(Settings { station: Some(name.to_owned()), ..with_stations() }, entries)
}

pub(crate) fn press(model: &mut Model, key: KeyCode) -> Vec<Effect> {
    update(model, Msg::Key(KeyEvent::new(key, KeyModifiers::NONE)))
}

pub(crate) fn type_in(model: &mut Model, text: &str) {
    for c in text.chars() {
        press(model, KeyCode::Char(c));
    }
}

/// The same board so much later.
pub(crate) fn later(model: &mut Model, by: Duration) -> Vec<Effect> {
    let now = model.now.plus(by);
    update(model, Msg::Tick(now))
}

pub(crate) fn selected(model: &Model) -> Option<u32> {
    model.selected_card().map(|card| card.number)
}

pub(crate) fn notice(model: &Model) -> &str {
    model.notice.as_ref().map_or("", |notice| &notice.text)
}

pub(crate) fn drawn(model: &Model, (columns, rows): (u16, u16)) -> String {
    tui::frame::draw(columns, rows, |frame| view::draw(model, frame))
}

/// The changes among what is to be done.
pub(crate) fn sent(effects: &[Effect]) -> Vec<Change> {
    let change = |effect: &Effect| match effect {
        Effect::Change(change) => Some(change.clone()),
        _ => None,
    };
    effects.iter().filter_map(change).collect()
}
