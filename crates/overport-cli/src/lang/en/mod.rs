//! English.

mod claims;
mod page;
mod reasons;
mod terminal;
mod terms;
mod verdict;

use super::Texts;
use super::number::count;

pub(crate) struct English;

impl Texts for English {}

/// A count with the word for one or for several.
fn counted(number: u64, one: &str, several: &str) -> String {
    format!(
        "{} {}",
        count(number),
        if number == 1 { one } else { several }
    )
}
