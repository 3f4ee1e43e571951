//! What a comparison found: the data, and what is made of it.
//!
//! `data` is what was measured and what `report.json` holds. `ranking`, `verdict`, `claims` and
//! `difference` say what it means, without a word of any language, and `meaning` has that of one
//! report. `terminal` and `page` show it in the words of `crate::lang`, `files` writes it and
//! `command` reads it again.

pub(crate) mod claims;
pub(crate) mod command;
pub(crate) mod data;
pub(crate) mod difference;
pub(crate) mod files;
mod meaning;
pub(crate) mod page;
pub(crate) mod ranking;
pub(crate) mod schema;
mod stall_threads;
pub(crate) mod statistics;
pub(crate) mod terminal;
pub(crate) mod verdict;

#[cfg(test)]
pub(crate) mod sample;
