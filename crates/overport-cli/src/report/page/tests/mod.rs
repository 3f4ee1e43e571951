//! What holds of every page.

mod colours;
mod content;
mod document;
mod samples;

use std::path::PathBuf;
use std::sync::OnceLock;

use self::samples::{elsewhere, hostile, samples};
use super::{render, render_difference};
use crate::lang::Lang;
use crate::report::difference::difference;

/// Every sample's page in every language, by name.
fn pages() -> &'static [(String, String)] {
    static PAGES: OnceLock<Vec<(String, String)>> = OnceLock::new();
    PAGES.get_or_init(rendered)
}

fn rendered() -> Vec<(String, String)> {
    let mut pages = Vec::new();
    for (language, lang) in [("en", Lang::En), ("ko", Lang::Ko)] {
        let texts = lang.texts();
        for (name, report) in samples() {
            pages.push((format!("{name}-{language}"), render(&report, texts)));
        }
        let (a, b) = (hostile(), elsewhere());
        let page = render_difference(&a, &b, &difference(&a, &b), texts);
        pages.push((format!("difference-{language}"), page));
    }
    pages
}

/// The page's tags in order, with their attributes: `<name ...`, `/name`.
fn tags(page: &str) -> Vec<&str> {
    let style = page.find("</style>").unwrap();
    let mut tags = Vec::new();
    let mut rest = &page[style..];
    while let Some(begin) = rest.find('<') {
        let end = begin + rest[begin..].find('>').unwrap();
        tags.push(&rest[begin + 1..end]);
        rest = &rest[end + 1..];
    }
    tags
}

/// What is between the tags of the page or of a part of it, with one space between two words.
/// The style sheet is left out.
fn text_of(page: &str) -> String {
    let begin = page.find("</style>").unwrap_or(0);
    let contents = page[begin..]
        .split('<')
        .filter_map(|part| part.split_once('>'));
    let words = contents.flat_map(|(_, content)| content.split_whitespace());
    words.collect::<Vec<_>>().join(" ")
}

/// Not a test: it writes the pages that `ci/pages` looks at into the folder that the environment
/// names.
#[test]
#[ignore = "it writes files, for ci/pages"]
fn pages_are_written_for_the_browser() {
    let folder = std::env::var_os("OVERPORT_PAGES").expect("OVERPORT_PAGES names a folder");
    for (name, page) in pages() {
        let path = PathBuf::from(&folder).join(format!("{name}.html"));
        std::fs::write(path, page).unwrap();
    }
}
