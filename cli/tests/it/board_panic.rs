//! A mistake of the program must not leave a cook with a terminal that shows nothing and takes no keys.

use std::sync::Arc;
use std::time::Duration;

use api::client::{Bearer, CallError, Http, OrderClient, http_client};
use async_trait::async_trait;
use domain::DayRule;
use secrecy::SecretString;
use tui::{Options, Settings};

use crate::board_terminal::Terminal;
use crate::support::Home;

/// Set for this program when it is to be the board that goes wrong.
const WRONG: &str = "LANCHONETE_TEST_BOARD_GOES_WRONG";

/// A mistake, as deep in the work of the board as one can get from outside.
struct Mistaken;

#[async_trait]
impl Bearer for Mistaken {
    async fn token(&self) -> Result<SecretString, CallError> {
        panic!("a mistake")
    }
}

fn board_that_goes_wrong() {
    let http = http_client(Duration::from_secs(1)).expect("a client");
    let nobody = "http://127.0.0.1:9".parse().expect("a URL");
    let client = OrderClient::new(Http::new(http, nobody).with_bearer(Arc::new(Mistaken)));
    let day = DayRule::new("America/Sao_Paulo", "00:00").expect("a day");
    let options = Options { client, renew: None, settings: Settings::new(day) };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(tui::run(options, None)).expect("a terminal");
}

#[test]
fn a_panic_gives_the_terminal_back() {
    if std::env::var_os(WRONG).is_some() {
        return board_that_goes_wrong();
    }
    let home = Home::new();
    let Some(terminal) = Terminal::open(&home, 100, 30) else { return };
    let this = std::env::current_exe().expect("a program");
    let test = "board_panic::a_panic_gives_the_terminal_back";
    terminal.run_any(&format!("env {WRONG}=1 RUST_BACKTRACE=0 {} --exact {test} --nocapture", this.display()));
    let screen = terminal.shows("\nended 101\n");
    assert!(screen.contains("a mistake"), "the mistake itself can be read: {screen}");
    terminal.is_as_before(&screen);
}
