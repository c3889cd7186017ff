//! A recording gives the same screens again, and names nobody.

use std::time::Duration;

use crossterm::event::KeyCode::{Char, Down, Enter};
use domain::OrderStatus::Preparing;
use tui::Recorder;
use tui::board::record::{RecordError, read};
use tui::board::{Effect, Msg, update};

use crate::fixtures::*;

/// The lines of a recording of these messages, taken in by a board of its own.
fn recorded(messages: impl FnOnce(&mut dyn FnMut(Msg) -> Vec<Effect>)) -> (String, tui::board::Model) {
    let file = std::env::temp_dir().join(format!("board-{}-{:p}", std::process::id(), &messages));
    let _ = std::fs::remove_file(&file);
    let mut model = board(Vec::new());
    let mut recorder = Recorder::new(&file).expect("a new file");
    recorder.begin(&model);
    messages(&mut |msg| {
        recorder.note(&model, &msg);
        update(&mut model, msg)
    });
    assert_eq!(recorder.fault(), None);
    assert!(Recorder::new(&file).is_err(), "a file that is there is not written over");
    drop(recorder);
    let text = std::fs::read_to_string(&file).expect("it was written");
    std::fs::remove_file(&file).expect("it is ours");
    (text, model)
}

fn key(code: crossterm::event::KeyCode) -> Msg {
    Msg::Key(crossterm::event::KeyEvent::new(code, crossterm::event::KeyModifiers::NONE))
}

#[test]
fn it_is_the_same_screen_without_names() {
    let (text, model) = recorded(|say| {
        say(Msg::Resize(120, 40));
        say(tag(busy()));
        say(Msg::Tick(noon().plus(Duration::from_secs(1))));
        say(key(Down));
        let change = sent(&say(key(Enter))).remove(0);
        say(Msg::Changed(change, Ok(order(entry(36, Preparing, 11)))));
        say(key(Char('/')));
        say(key(Char('z')));
        say(key(Char('é')));
        say(key(Enter));
    });
    for secret in ["Maria", "Bartolomeu", "cebola", "picles", "'z'", "é"] {
        assert!(!text.contains(secret), "{secret} in {text}");
    }
    assert!(text.contains("X-Burger"), "the menu is no secret");
    let (mut again, messages) = read(text.as_bytes()).expect("a recording");
    for msg in messages {
        update(&mut again, msg);
    }
    assert_eq!(
        again.cards.iter().map(|card| card.status).collect::<Vec<_>>(),
        model.cards.iter().map(|card| card.status).collect::<Vec<_>>()
    );
    assert_eq!(again.query, "xx");
    again.query.clear();
    again.mode = tui::board::model::Mode::Board;
    press(&mut again, crossterm::event::KeyCode::Esc);
    let screen = drawn(&again, (120, 40));
    assert!(screen.contains("Xxxxx Xxxxx"), "{screen}");

    let (mut third, messages) = read(text.as_bytes()).expect("a recording");
    messages.into_iter().for_each(|msg| drop(update(&mut third, msg)));
    press(&mut third, crossterm::event::KeyCode::Esc);
    assert_eq!(drawn(&third, (120, 40)), screen, "the same each time");
}

#[test]
fn a_cut_recording_is_played_as_far_as_it_goes_and_another_file_is_refused() {
    let (text, _) = recorded(|say| {
        say(tag(busy()));
        say(key(Down));
    });
    let cut = &text[..text.len() - 5];
    assert_eq!(read(cut.as_bytes()).expect("the beginning").1.len(), 1);
    assert!(matches!(read("{}".as_bytes()), Err(RecordError::Line(1, _))));
    let broken = text.replacen("\n", "\nnonsense\n", 1);
    assert!(matches!(read(broken.as_bytes()), Err(RecordError::Line(2, _))));
    let newer = text.replacen("\"lanchonete_board\":2", "\"lanchonete_board\":3", 1);
    assert!(matches!(read(newer.as_bytes()), Err(RecordError::Version(3))));
}
