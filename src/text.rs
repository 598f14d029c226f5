//! Words from files, fit for messages.

use std::fmt;

/// Characters of a name from a file that are shown.
const NAME_LENGTH: usize = 60;

/// A name from a file: of bounded length, on one line.
pub fn shortened(name: &str) -> impl fmt::Display {
    let mut characters = name.chars().map(|c| if c.is_control() { '\u{FFFD}' } else { c });
    let mut text: String = characters.by_ref().take(NAME_LENGTH).collect();
    if characters.next().is_some() {
        text.push('…');
    }
    text
}

/// The same in quotation marks.
pub fn quoted(name: &str) -> impl fmt::Display {
    format!("“{}”", shortened(name))
}
