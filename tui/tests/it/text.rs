//! What others wrote is drawn as it is, but can't reach the terminal raw.

use domain::OrderStatus::Paid;
use tui::text::{fit, fold, safe, width, wrap};

use crate::fixtures::*;

/// Three hundred characters of everything that goes wrong in a terminal.
fn hostile() -> String {
    let bits = [
        "sem 🧅 ",
        "\u{1b}[2J",
        "\u{202e}atatab\u{202c} ",
        "👨‍👩‍👧‍👦 ",
        "بدون بصل ",
        "\u{9b}31m",
        "e\u{301}\u{301}\u{301}\u{301}\u{301}\u{301} ",
        "\u{7}❤️ ",
    ];
    bits.iter().cycle().flat_map(|bit| bit.chars()).take(300).collect()
}

#[test]
fn controls_and_turns_become_visible() {
    assert_eq!(safe("a\u{1b}[2Jb"), "a␛[2Jb");
    assert_eq!(safe("a\u{202e}b\u{2066}c"), "a\\u202Eb\\u2066c");
    assert_eq!(safe("a\u{9b}1mb\u{7f}"), "a\\u009B1mb␡");
    assert_eq!(safe("a\r\nb\tc"), "a  b c");
    assert_eq!(safe("👨‍👩‍👧 ❤️ 👍🏽"), "👨👩👧 ❤ 👍");
    assert_eq!(safe("maçã, pão e açaí"), "maçã, pão e açaí");
    assert_eq!(safe(&format!("e{}", "\u{301}".repeat(50))).chars().count(), 5);
}

#[test]
fn a_hostile_comment_is_all_there_and_every_line_has_the_width_it_should() {
    let mut order = entry(7, Paid, 1);
    order.items[0].comment = Some(hostile());
    let model = board(vec![order]);
    for size in [(80, 24), (120, 40), (200, 50)] {
        let screen = drawn(&model, size);
        assert!(!screen.contains(|c: char| c.is_control() && c != '\n'), "{screen:?}");
        assert!(domain::is_plain(&screen.replace('\n', " ")));
        let letters = |text: &str| text.chars().filter(|c| !c.is_whitespace()).collect::<String>();
        for word in ["🧅", "␛[2J", "\\u202E", "👨👩👧👦", "\\u009B"] {
            assert!(letters(&screen).contains(word), "{word} is missing in\n{screen}");
        }
        assert!(screen.lines().all(|line| width(line) <= usize::from(size.0)));
    }
}

#[test]
fn wrapping_loses_nothing_but_blanks() {
    let text = "metade sem picles, o molho à parte; supercalifragilisticexpialidocious 🧅🧅🧅🧅🧅🧅";
    for columns in 1..60 {
        let lines = wrap(text, columns);
        assert!(lines.iter().all(|line| width(line) <= columns.max(2)), "{columns}: {lines:?}");
        let letters = |text: &str| text.split_whitespace().collect::<String>();
        assert_eq!(letters(&lines.concat()), letters(text));
    }
}

#[test]
fn fitting_says_what_it_cut() {
    assert_eq!(fit("Maria", 5), "Maria");
    assert_eq!(fit("Maria", 4), "Mar…");
    assert_eq!(fit("🧅🧅", 3), "🧅…");
    assert_eq!(fit("Maria", 0), "");
    assert_eq!(fold("PÃO de Açúcar"), "pao de acucar");
}
