//! The screens in a real terminal, on real services: what a cook presses and what then stands there.

use std::process::Command;

use crate::board_terminal::Terminal;
use crate::separate::Separate;
use crate::support::{Home, Running, at, eventually};

/// What a board says, and only then, when it may be out of date.
const LOST: &str = "SEM CONEXÃO desde";
/// What it says to a key that it can't send.
const REFUSED: &str = "Não enviado";

/// Orders this and pays it in cash; gives its number.
fn order(home: &Home, items: &[&str]) -> String {
    let items: Vec<&str> = items.iter().flat_map(|item| ["--item", item]).collect();
    let placed = home.json(&[&["order", "create", "--pay", "counter"], &items[..]].concat());
    let number = at(&placed, "/number");
    assert_eq!(at(&home.json(&["order", "pay", &number]), "/status"), "paid");
    // Until its payment is recorded the order changes once more, and a key pressed just then comes too early.
    let recorded = || home.json(&["order", "show", &number])["payment_id"].is_string().then_some(());
    eventually("the recorded payment", recorded);
    number
}

fn status(home: &Home, number: &str) -> String {
    at(&home.json(&["order", "show", number]), "/status")
}

/// The column of the board, from the left, in which an order stands.
fn column(screen: &str, number: &str) -> Option<usize> {
    let card = format!("nº {number} ");
    let line = screen.lines().find(|line| line.contains(&card) && !line.contains("última"))?;
    let place = |line: &str, text: &str| Some(line.split(text).next()?.chars().count()).filter(|_| line.contains(text));
    let titles = screen.lines().find(|line| line.contains("RECEBIDO"))?;
    // A title stands two columns to the right of where its column begins.
    let begins = |title: &str| place(titles, title).is_some_and(|at| Some(at) <= place(line, &card).map(|at| at + 2));
    ["RECEBIDO", "EM PREPARO", "PRONTO"].into_iter().filter(|title| begins(title)).count().checked_sub(1)
}

fn in_column(terminal: &Terminal, number: &str, wanted: usize) -> String {
    let what = format!("nº {number} in column {wanted}");
    terminal.until(&what, |screen| column(screen, number) == Some(wanted))
}

/// Presses keys and waits until the board says that what they ask for was done: a card may move sooner, when the board
/// hears of it, and until its own answer is there another key is too early. Like a cook it presses again where the board
/// had no connection just then.
fn does(board: &Terminal, keys: &[&str], told: &str) {
    for _ in 0..10 {
        board.press(keys);
        if !board.until(told, |screen| screen.contains(told) || screen.contains(REFUSED)).contains(REFUSED) {
            return;
        }
        board.until("good again", |screen| !screen.contains(REFUSED) && screen.contains("● ao vivo"));
    }
    panic!("never done: {told}");
}

fn signal(name: &str, pid: &str) {
    assert!(Command::new("kill").args([name, pid]).status().expect("kill").success());
}

#[test]
fn a_cook_works_with_one_hand() {
    let home = Home::new();
    let running = home.up();
    let Some(board) = Terminal::open(&home, 80, 24) else { return };
    board.run("board --interval 200ms");
    board.shows("● ao vivo");
    board.shows("RECEBIDO 0");
    board.shows("SANDBOX");

    // A new order, paid by Pix.
    let items = ["--item", "X-Burger:2:sem cebola", "--item", "x-salada"];
    assert_eq!(home.run(&[&["order", "create", "--pickup-name", "Maria"], &items[..]].concat()).code, 0);
    let simulate = ["webhook", "simulate", "--order", "1", "--status", "approved"];
    eventually("the charge", || (home.run(&simulate).code == 0).then_some(()));
    board.until("the card", |screen| {
        let texts = ["2× X-Burger", "» sem cebola", "1× X-Salada", "Pix"];
        column(screen, "1") == Some(0) && texts.iter().all(|text| screen.contains(text))
    });

    // Bump, and undo; bump, and recall.
    does(&board, &["Enter"], "nº 1: em preparo");
    in_column(&board, "1", 1);
    assert_eq!(status(&home, "1"), "preparing");
    does(&board, &["u"], "nº 1: desfeito");
    in_column(&board, "1", 0);
    assert_eq!(status(&home, "1"), "paid");
    does(&board, &["1", "Space"], "nº 1: em preparo");
    in_column(&board, "1", 1);

    // Strikes: the last one makes it ready.
    does(&board, &["x"], "nº 1: X-Burger feito");
    board.shows("✓ 2× X-Burger");
    does(&board, &["x"], "nº 1: X-Salada feito");
    in_column(&board, "1", 2);
    assert_eq!(status(&home, "1"), "ready_for_pickup");
    does(&board, &["BSpace"], "nº 1: em preparo");
    in_column(&board, "1", 1);
    board.until("no strike", |screen| !screen.contains('✓'));
    assert_eq!(status(&home, "1"), "preparing");

    // Out, and back again.
    does(&board, &["Enter"], "nº 1: pronto");
    in_column(&board, "1", 2);
    // Another key between the two, or it would be the same one that is held down.
    does(&board, &["1", "Enter"], "nº 1 entregue");
    board.until("it left", |screen| column(screen, "1").is_none() && screen.contains("PRONTO 0"));
    does(&board, &["BSpace"], "nº 1: pronto");
    in_column(&board, "1", 2);

    // A cancellation, with a reason and a second key.
    assert_eq!(order(&home, &["Coxinha"]), "2");
    in_column(&board, "2", 0);
    board.press(&["2", "c"]);
    board.shows("Cancelar o nº 2");
    board.press(&["1"]);
    board.shows("e devolver");
    board.press(&["Enter"]);
    board.press(&["s"]);
    board.shows("nº 2 cancelado");
    let cancelled = home.json(&["order", "track", "2"]);
    let row = cancelled.as_array().and_then(|rows| rows.iter().find(|row| row["status"] == "cancelled"));
    assert_eq!(row.map(|row| at(row, "/reason")).as_deref(), Some("Falta ingrediente"), "{cancelled}");

    // Of the same order, cancelled elsewhere, the card stays until it was seen.
    assert_eq!(order(&home, &["Coxinha"]), "3");
    in_column(&board, "3", 0);
    assert_eq!(home.run(&["order", "cancel", "3", "--reason", "desistiu"]).code, 0);
    board.shows("CANCELADO");
    board.press(&["3", "Enter"]);
    board.until("it was seen", |screen| !screen.contains("CANCELADO"));

    board.press(&["q", "q"]);
    board.is_given_back(0);
    assert!(running.stop().0.success());
}

/// The platform is started again, and its ports are others: nobody has to touch the board.
#[test]
fn a_board_finds_the_platform_that_was_started_elsewhere() {
    let home = Home::new();
    let running = home.up();
    let Some(board) = Terminal::open(&home, 80, 24) else { return };
    board.run("board --interval 200ms");
    board.shows("● ao vivo");
    assert!(running.stop().0.success());
    board.until(LOST, |screen| screen.contains(LOST) && screen.contains("o serviço de pedidos não responde em"));
    let before = at(&home.credentials(), "/urls/order");
    let running = home.up();
    assert_ne!(at(&home.credentials(), "/urls/order"), before);
    board.until("good again", |screen| !screen.contains(LOST) && screen.contains("● ao vivo"));
    order(&home, &["Coxinha"]);
    board.shows("Coxinha");
    board.press(&["C-c"]);
    board.is_given_back(0);
    assert!(running.stop().0.success());
}

#[test]
fn a_board_never_lies_about_its_connection() {
    let shop = Separate::new("");
    let mut services = Vec::from(shop.start_all());
    let home = &shop.home;
    let Some(board) = Terminal::open(home, 100, 30) else { return };
    assert_eq!(order(home, &["Coxinha"]), "1");
    board.run("board --interval 200ms");
    board.shows("● ao vivo");
    board.shows("Coxinha");
    let refuses = |board: &Terminal| {
        board.press(&["Enter"]);
        board.until("nothing is moved", |screen| screen.contains(REFUSED) && screen.contains("RECEBIDO 1"));
    };

    // It hangs.
    let order_service = services.pop().expect("the order service");
    signal("-STOP", &order_service.pid());
    board.shows(LOST);
    refuses(&board);
    signal("-CONT", &order_service.pid());
    board.until("good again", |screen| !screen.contains(LOST) && screen.contains("● ao vivo"));

    // It is gone.
    order_service.kill();
    board.shows(LOST);
    refuses(&board);
    services.push(shop.start("order"));
    board.until("good again", |screen| !screen.contains(LOST) && screen.contains("● ao vivo"));
    assert_eq!(status(home, "1"), "paid", "what was refused was not sent later");
    does(&board, &["1", "Enter"], "nº 1: em preparo");
    assert_eq!(status(home, "1"), "preparing");
    board.press(&["q", "q"]);
    board.is_given_back(0);
    services.into_iter().for_each(|service: Running| assert!(service.stop().0.success()));
}

#[test]
fn a_terminal_is_resized_and_given_back_on_a_signal() {
    let home = Home::new();
    let running = home.up();
    let Some(board) = Terminal::open(&home, 80, 24) else { return };
    order(&home, &["Coxinha:1:bem quente"]);
    board.run("board");
    board.shows("Coxinha");
    for (columns, rows) in [(20, 5), (200, 50), (3, 2), (120, 40), (66, 16), (40, 12)] {
        board.resize(columns, rows);
    }
    board.resize(20, 5);
    board.shows("Tela pequena");
    board.resize(200, 50);
    let screen = board.shows("» bem quente");
    assert!(!screen.contains("Tela pequena") && screen.lines().count() == 50, "{screen}");

    // Suspended by the key, and continued by the shell.
    board.press(&["C-z"]);
    board.shows("Stopped");
    board.press(&["fg; echo ended $?", "Enter"]);
    board.shows("● ao vivo");
    signal("-TERM", &board.pid());
    board.is_given_back(0);
    assert!(running.stop().0.success());
}

#[test]
fn the_panel_calls_a_number() {
    let home = Home::new();
    let running = home.up();
    let Some(panel) = Terminal::open(&home, 80, 24) else { return };
    let number = order(&home, &["Coxinha"]);
    panel.run("panel");
    panel.shows("PREPARANDO");
    for _ in 0..2 {
        assert_eq!(home.run(&["order", "advance", &number]).code, 0);
    }
    let screen = panel.shows(&format!("Retire no balcão: {number}"));
    assert!(!screen.contains("Coxinha"), "numbers only: {screen}");
    assert_eq!(home.run(&["order", "advance", &number]).code, 0);
    panel.until("it was taken", |screen| !screen.contains("Retire"));
    panel.press(&["q"]);
    panel.is_given_back(0);
    assert!(running.stop().0.success());
}

#[test]
fn a_token_that_is_taken_back_is_said_on_the_screen() {
    let home = Home::new();
    let running = home.up();
    let Some(board) = Terminal::open(&home, 100, 24) else { return };
    let issued = home.json(&["token", "issue", "--role", "kitchen", "--name", "chapa"]);
    let token = home.path().join("token");
    std::fs::write(&token, at(&issued, "/access_token")).expect("written");
    board.run(&format!("board --interval 200ms --token \"$(cat {})\"", token.display()));
    board.shows("● ao vivo");
    assert_eq!(home.run(&["token", "revoke", &at(&issued, "/access_token")]).code, 0);
    let refused = |screen: &str| ["ACESSO RECUSADO", "gere outro"].iter().all(|text| screen.contains(text));
    let screen = board.until("access refused", refused);
    assert!(!screen.contains(LOST), "{screen}");
    board.press(&["C-c"]);
    board.is_given_back(0);
    assert!(running.stop().0.success());
}
