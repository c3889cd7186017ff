/// Why a text is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TextError {
    /// Nothing but blanks.
    #[error("empty")]
    Empty,
    /// More characters than the limit given.
    #[error("longer than {0} characters")]
    TooLong(usize),
    /// Has a control character, which could move a terminal's cursor or hide text.
    #[error("has a control character")]
    Control,
}

/// Whether a text can be shown as it is: no control characters, and none of the invisible ones that turn the
/// direction of what follows (Unicode UAX #9 embeddings, overrides and isolates).
pub fn is_plain(text: &str) -> bool {
    !text.contains(|c: char| {
        c.is_control() || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{2028}' | '\u{2029}')
    })
}

/// A line of text for people: trimmed, at least one character, at most `max` characters, nothing invisible.
///
/// # Errors
/// [`TextError`] says which of these does not hold.
pub fn clean_line(text: &str, max: usize) -> Result<String, TextError> {
    let text = text.trim();
    if text.is_empty() {
        return Err(TextError::Empty);
    }
    if text.chars().count() > max {
        return Err(TextError::TooLong(max));
    }
    if !is_plain(text) {
        return Err(TextError::Control);
    }
    Ok(text.to_owned())
}
