//! Letters and digits without what they say.

use unicode_width::UnicodeWidthChar;

/// The text with every letter replaced by one of the same width and direction, and every digit by `0`. Blanks, signs,
/// emoji and control characters stay: they are what a fault of a screen is made of.
pub(super) fn mask(text: &str) -> String {
    text.chars().map(mask_letter).collect()
}

/// The same for one letter.
pub(super) fn mask_letter(letter: char) -> char {
    match letter {
        letter if letter.is_numeric() => '0',
        letter if !letter.is_alphabetic() => letter,
        '\u{590}'..='\u{8ff}' | '\u{fb1d}'..='\u{fdff}' | '\u{fe70}'..='\u{feff}' => '\u{5d0}',
        letter if letter.width() == Some(2) => '\u{5b57}',
        letter if letter.width() == Some(0) => letter,
        letter if letter.is_uppercase() => 'X',
        _ => 'x',
    }
}
