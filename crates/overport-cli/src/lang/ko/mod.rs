//! Korean.

mod claims;
mod page;
mod particle;
mod reasons;
mod terminal;
mod terms;
mod verdict;

use super::Texts;

pub(crate) struct Korean;

impl Texts for Korean {}
