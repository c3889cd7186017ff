//! Two boards on one shop: what one does, the other soon shows, and when both do something at once, one was faster and
//! nothing is lost or done twice. The boards are the real ones without a terminal: keys go in, questions go to the real
//! order service.
//!
//! `LANCHONETE_TEST_SEED` repeats a run's choices.

use std::collections::HashSet;
use std::io::Write as _;

use api::client::OrderClient;
use api::order::{NewOrder, PatchOrder, TrackingRow};
use crossterm::event::KeyCode::{self, Backspace, Char, Enter};
use crossterm::event::KeyEvent;
use domain::order::{StepKind, TABLE};
use domain::{Clock, DayRule, OrderId, OrderStatus, PaymentMethod, ProductId, Role, SystemClock};
use tokio::runtime::Runtime;
use tui::Settings;
use tui::board::msg::{Change, What};
use tui::board::{Effect, Model, Msg, Patience, ask, update};

use crate::fleet::{number, roll};
use crate::rush::{PATIENCE, Shop, one};
use crate::support::Home;

const RACES: u64 = 200;
/// On a busy machine an answer that is late is no answer less.
pub(crate) const PATIENT: Patience = Patience { question: PATIENCE, change: PATIENCE };

/// A board without a terminal.
struct Board {
    model: Model,
    client: OrderClient,
    /// How often it asked for the queue.
    polls: usize,
    /// The changes that were carried out.
    carried_out: Vec<(Change, u64)>,
}

impl Board {
    fn new(client: OrderClient, role: Role) -> Self {
        let day = DayRule::new("America/Sao_Paulo", "00:00").expect("a zone");
        let settings = Settings { role, ..Settings::new(day) };
        let model = Model::new(settings, SystemClock.now(), (200, 50));
        Board { model, client, polls: 0, carried_out: Vec::new() }
    }

    fn press(&mut self, key: KeyCode) -> Vec<Effect> {
        update(&mut self.model, Msg::Key(KeyEvent::from(key)))
    }

    /// Chooses an order as a cook does: by its number.
    fn choose(&mut self, number: u32) {
        self.press(KeyCode::Esc);
        for digit in number.to_string().chars() {
            self.press(Char(digit));
        }
        assert_eq!(self.model.selected_card().map(|card| card.number), Some(number), "it is on the board");
    }

    /// Has everything done that follows from these effects, until nothing is left.
    async fn settle(&mut self, mut effects: Vec<Effect>) {
        while let Some(effect) = effects.pop() {
            self.polls += usize::from(matches!(effect, Effect::Fetch { .. }));
            if let Some(msg) = ask(self.client.clone(), effect, PATIENT).await {
                if let Msg::Changed(change, Ok(order)) = &msg {
                    self.carried_out.push((change.clone(), order.version));
                }
                effects.extend(update(&mut self.model, msg));
            }
        }
    }

    /// One interval later.
    async fn poll(&mut self) {
        let later = self.model.now.plus(self.model.settings.interval);
        let effects = update(&mut self.model, Msg::Tick(later));
        assert!(effects.iter().any(|effect| matches!(effect, Effect::Fetch { .. })), "an interval is over");
        self.settle(effects).await;
    }

    fn status(&self, id: OrderId) -> Option<OrderStatus> {
        self.model.card(id).filter(|card| card.cancelled.is_none()).map(|card| card.status)
    }
}

/// Paid in cash, and its payment recorded: from then on only the boards change it.
async fn paid(shop: &Shop, product: ProductId) -> (OrderId, u32) {
    let new = NewOrder { payment_method: Some(PaymentMethod::Counter), ..one(product) };
    let placed = shop.kiosk().place(&new, None).await.expect("placed");
    let pay = PatchOrder { status: Some(OrderStatus::Paid), ..PatchOrder::default() };
    shop.admin().patch_order(placed.id, &pay, None).await.expect("paid");
    testkit::eventually(PATIENCE, || async { shop.admin().order(placed.id).await.ok()?.payment_id }).await;
    (placed.id, placed.number)
}

async fn product(shop: &Shop) -> ProductId {
    shop.kiosk().products(0, 1).await.expect("a menu").items[0].id
}

fn boards(shop: &Shop) -> (Board, Board) {
    (Board::new(shop.kitchen(), Role::Kitchen), Board::new(shop.admin(), Role::Admin))
}

#[test]
fn what_one_does_the_other_shows_within_two_polls() {
    let home = Home::new();
    let running = home.up();
    Runtime::new().expect("a runtime").block_on(async {
        let shop = Shop::new(&home.credentials());
        let (id, number) = paid(&shop, product(&shop).await).await;
        let (mut left, mut right) = boards(&shop);
        left.poll().await;
        right.poll().await;
        for key in [Enter, Char('x'), Backspace, Enter, Enter, Backspace, Enter] {
            left.choose_or_keep(number);
            let effects = left.press(key);
            assert!(!effects.is_empty(), "{key:?}: {:?}", left.model.notice);
            left.settle(effects).await;
            let (wanted, before) = (left.status(id), right.polls);
            while right.status(id) != wanted {
                assert!(right.polls - before < 2, "{key:?}: {:?} after two polls, not {wanted:?}", right.status(id));
                right.poll().await;
            }
        }
        assert_eq!((left.status(id), right.status(id)), (None, None), "handed over");
    });
    assert!(running.stop().0.success());
}

impl Board {
    /// An order that this board sent away is still the one that its keys are about.
    fn choose_or_keep(&mut self, number: u32) {
        if self.model.selected_gone().is_none() {
            self.choose(number);
        }
    }
}

/// What the other board presses while the first one bumps.
const AGAINST: [KeyCode; 4] = [Enter, Enter, Char('x'), Backspace];

#[test]
fn two_hundred_races_lose_nothing_and_do_nothing_twice() {
    let seed = number("LANCHONETE_TEST_SEED").unwrap_or_else(|| u64::from(uuid::Uuid::new_v4().as_fields().0));
    let _ = writeln!(std::io::stderr(), "board: {RACES} races, seed {seed}");
    let home = Home::new();
    let running = home.up();
    Runtime::new().expect("a runtime").block_on(races(&home, seed));
    assert!(running.stop().0.success());
    assert_eq!(home.run(&["verify"]).code, 0);
}

async fn races(home: &Home, seed: u64) {
    let shop = Shop::new(&home.credentials());
    let product = product(&shop).await;
    let (mut left, mut right) = boards(&shop);
    let (mut order, mut orders) = (paid(&shop, product).await, Vec::new());
    let (mut races, mut conflicts) = (0, 0);
    for turn in 0.. {
        if races == RACES {
            break;
        }
        assert!(turn < 10 * RACES, "only {races} races");
        left.poll().await;
        right.poll().await;
        if left.status(order.0).is_none() {
            orders.push(order.0);
            order = paid(&shop, product).await;
            left.poll().await;
            right.poll().await;
        }
        let (id, number) = order;
        left.choose(number);
        right.choose(number);
        let against = AGAINST[usize::try_from(roll(seed, turn) % 4).expect("small")];
        let (first, second) = (left.press(Enter), right.press(against));
        races += u64::from(!first.is_empty() && !second.is_empty());
        tokio::join!(left.settle(first), right.settle(second));
        for board in [&left, &right] {
            let says = board.model.notice.as_ref().map(|notice| notice.text.clone()).unwrap_or_default();
            conflicts += u64::from(says.contains(&format!("O nº {number} já mudou")) && says.contains(", por "));
        }
        left.poll().await;
        right.poll().await;
        let truth = shop.admin().order(id).await.expect("it is there");
        let shown = tui::board::moves::column_of(truth.status).map(|_| truth.status);
        assert_eq!((left.status(id), right.status(id)), (shown, shown), "turn {turn}: both are right");
    }
    orders.push(order.0);
    for id in orders {
        let rows = shop.admin().tracking(id).await.expect("its rows");
        chained(&rows);
        let order = shop.admin().order(id).await.expect("it is there");
        assert_eq!(rows.last().map(|row| row.status), Some(order.status), "{rows:?}");
        let rows = rows.iter().skip_while(|row| row.status != OrderStatus::Paid).count() - 1;
        let (steps, strikes) = done(id, [&left, &right]);
        assert!((steps..=steps + 2 * strikes).contains(&rows), "{steps} steps, {strikes} strikes, {rows} rows");
    }
    let _ = writeln!(std::io::stderr(), "board: {conflicts} times the other one was faster");
    assert!(conflicts > 0, "nobody was ever faster");
}

/// How many steps and how many strikes of an order the boards were told are done. When both took the same step at the
/// same time, it was one: the service tells the slower one that it is done. A strike can begin an order and end it.
fn done(id: OrderId, boards: [&Board; 2]) -> (usize, usize) {
    let (mut steps, mut strikes) = (HashSet::new(), 0);
    for (change, version) in boards.iter().flat_map(|board| &board.carried_out).filter(|(change, _)| change.id == id) {
        match &change.what {
            What::Move { to, .. } => {
                steps.insert((*version, *to));
            }
            _ => strikes += 1,
        }
    }
    (steps.len(), strikes)
}

/// Each row goes on from the one before it, by a rule: none is missing and none is there twice.
fn chained(rows: &[TrackingRow]) {
    for pair in rows.windows(2) {
        let legal = TABLE.iter().any(|rule| {
            let kind = if pair[1].kind == StepKind::Recall { StepKind::Recall } else { StepKind::Step };
            rule.from == pair[0].status && rule.to == pair[1].status && rule.kind == kind
        });
        assert!(legal, "{:?} after {:?}", pair[1], pair[0]);
    }
}
