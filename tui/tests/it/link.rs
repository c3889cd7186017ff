//! The board never shows old data as if it were new.

use api::client::Aside;
use std::time::Duration;

use crossterm::event::KeyCode::{Char, Enter};
use tui::Failure;
use tui::board::{Effect, Model, Msg, update};
use tui::link::Trust;

use crate::fixtures::*;

/// The words that may stand on the screen only while there is no connection.
const WORDS: [&str; 4] = ["sem conexão", "offline", "desconectado", "sem resposta"];

fn says_lost(model: &Model) -> bool {
    let screen = drawn(model, (80, 24)).to_lowercase();
    WORDS.iter().any(|word| screen.contains(word))
}

fn fail(model: &mut Model, failure: Failure) {
    update(model, Msg::Queue(Err(failure), Aside::default()));
}

fn unreachable() -> Failure {
    Failure::Unreachable("http://127.0.0.1:8001".into())
}

#[test]
fn it_asks_once_per_interval_and_with_the_tag() {
    let mut model = board(busy());
    assert_eq!(later(&mut model, Duration::from_millis(999)), []);
    let asked = [Effect::Fetch { etag: Some("\"1\"".into()) }];
    assert_eq!(later(&mut model, Duration::from_millis(1)), asked);
    assert_eq!(later(&mut model, Duration::from_millis(1500)), [], "one question at a time");
    update(&mut model, Msg::Queue(Ok(None), Aside::default()));
    assert_eq!(later(&mut model, Duration::from_secs(1)), asked);
}

#[test]
fn after_three_seconds_of_failures_it_says_so_and_refuses() {
    let mut model = board(busy());
    later(&mut model, Duration::from_secs(1));
    fail(&mut model, unreachable());
    later(&mut model, Duration::from_millis(1900));
    assert!(!says_lost(&model));
    later(&mut model, Duration::from_millis(100));
    assert!(drawn(&model, (80, 24)).contains("SEM CONEXÃO desde 12:30:00"));
    assert_eq!(press(&mut model, Enter), []);
    assert!(notice(&model).contains("Não enviado"));

    later(&mut model, Duration::from_secs(1));
    update(&mut model, Msg::Queue(Ok(None), Aside::default()));
    assert!(!says_lost(&model));
    assert_eq!(notice(&model), "", "the refusal goes with its cause");
    assert_eq!(press(&mut model, Enter).len(), 1);
}

#[test]
fn a_question_that_hangs_counts_as_none() {
    let mut model = board(busy());
    later(&mut model, Duration::from_secs(1));
    later(&mut model, Duration::from_millis(1999));
    assert!(!says_lost(&model));
    later(&mut model, Duration::from_millis(1));
    assert!(says_lost(&model));
}

#[test]
fn a_board_that_never_heard_anything_says_since_when() {
    let mut model = Model::new(settings(), noon(), (80, 24));
    update(&mut model, Msg::Tick(noon()));
    assert!(drawn(&model, (80, 24)).contains("conectando"));
    fail(&mut model, unreachable());
    later(&mut model, Duration::from_secs(3));
    assert!(drawn(&model, (80, 24)).contains("SEM CONEXÃO desde 12:30:00 · o serviço de pedidos não responde em"));
}

#[test]
fn a_slow_interval_is_no_lost_connection() {
    let mut model = board(busy());
    model.link = tui::link::Link::new(noon(), Duration::from_secs(30));
    later(&mut model, Duration::ZERO);
    update(&mut model, Msg::Queue(Ok(None), Aside::default()));
    later(&mut model, Duration::from_secs(29));
    assert!(!says_lost(&model));
    later(&mut model, Duration::from_secs(1));
    fail(&mut model, unreachable());
    assert!(says_lost(&model));
}

#[test]
fn a_refused_token_is_said_plainly_and_is_no_lost_connection() {
    for (failure, text) in [(Failure::Unauthenticated, "o token venceu"), (Failure::Forbidden, "não tem permissão")] {
        let mut model = board(busy());
        later(&mut model, Duration::from_secs(1));
        fail(&mut model, failure);
        let screen = drawn(&model, (80, 24));
        assert!(screen.contains("ACESSO RECUSADO desde 12:30:00") && screen.contains(text), "{screen}");
        assert!(screen.contains(" lanchonete token issue --role kitchen\n"), "{screen}");
        assert!(!screen.lines().take(3).any(|line| line.contains('…')), "{screen}");
        assert!(!says_lost(&model));
        assert_eq!(press(&mut model, Enter), []);
    }
}

#[test]
fn nonsense_from_the_service_is_no_good_answer() {
    let mut model = board(busy());
    later(&mut model, Duration::from_secs(3));
    fail(&mut model, Failure::Broken(200));
    assert!(drawn(&model, (80, 24)).contains("resposta estranha do serviço de pedidos (200)"));
}

#[test]
fn the_words_of_a_lost_connection_stand_nowhere_else() {
    for prefix in ["", "?", "a", "d", "c", "c1", "/burger", "9", "31"] {
        let mut model = board(busy());
        type_in(&mut model, prefix);
        assert!(!says_lost(&model), "after {prefix:?}");
    }
}

#[test]
fn a_clock_that_is_set_back_does_not_stop_the_questions() {
    let mut model = board(busy());
    let earlier = noon().minus(Duration::from_secs(3600));
    let effects = update(&mut model, Msg::Tick(earlier));
    assert_eq!(effects, [Effect::Fetch { etag: Some("\"1\"".into()) }]);
    assert!(matches!(model.trust(), Trust::Live(_)));
    press(&mut model, Char('3'));
    assert!(!says_lost(&model));
}

#[test]
fn the_mark_of_the_sandbox_is_the_word_of_the_service() {
    let mut model = board(busy());
    for (live, shown) in [(None, false), (Some(false), true), (Some(true), false), (Some(false), true)] {
        update(&mut model, Msg::Queue(Ok(None), Aside { live, ..Aside::default() }));
        for size in [(80, 24), (40, 12)] {
            assert_eq!(drawn(&model, size).contains("SANDBOX"), shown, "{live:?}");
        }
    }
    fail(&mut model, unreachable());
    assert!(!drawn(&model, (80, 24)).contains("SANDBOX"), "nothing is claimed without an answer");
}
