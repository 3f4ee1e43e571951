//! The document: its elements, what refers to what, what a user entered.

use super::samples::hostile;
use super::{pages, tags, text_of};
use crate::lang::Lang;
use crate::report::page::render;

/// Elements that HTML closes by itself.
const VOID: [&str; 1] = ["meta"];

#[test]
fn every_element_is_closed_where_it_belongs() {
    for (name, page) in pages() {
        let mut open = vec!["html", "head", "style"];
        for tag in tags(page) {
            match tag.strip_prefix('/') {
                Some(closed) => assert_eq!(open.pop(), Some(closed), "{name}: </{closed}>"),
                None => {
                    let element = tag.split([' ', '\n']).next().unwrap();
                    if !VOID.contains(&element) {
                        open.push(element);
                    }
                }
            }
        }
        assert!(open.is_empty(), "{name}: {open:?}");
    }
}

#[test]
fn identifiers_are_unique_and_what_refers_to_one_finds_it() {
    for (name, page) in pages() {
        let mut identifiers = Vec::new();
        let mut referred = Vec::new();
        for tag in tags(page) {
            let values = |prefix: &str| {
                let value = tag.split_once(prefix).map_or("", |(_, rest)| rest);
                value.split('"').next().unwrap().split_whitespace()
            };
            identifiers.extend(values(" id=\""));
            referred.extend(values(" aria-labelledby=\"").chain(values(" href=\"#")));
        }
        for identifier in &referred {
            assert!(identifiers.contains(identifier), "{name}: {identifier}");
        }
        let count = identifiers.len();
        identifiers.sort_unstable();
        identifiers.dedup();
        assert_eq!(identifiers.len(), count, "{name}");
    }
}

#[test]
fn what_a_user_entered_is_text_and_nothing_else() {
    for (name, page) in pages() {
        for forbidden in ["<script", "<img", "onerror=\"", "=alert("] {
            let found = tags(page)
                .iter()
                .any(|tag| format!("<{tag}").contains(forbidden));
            assert!(!found, "{name}: {forbidden}");
        }
    }
    let page = render(&hostile(), Lang::En.texts());
    assert!(page.contains("&lt;script&gt;alert('1')&lt;/script&gt;"));
    assert!(page.contains("&lt;/table&gt;&lt;img src=x onerror=alert(&quot;2&quot;)&gt;"));
}

#[test]
fn no_figure_is_not_a_number_and_nothing_is_fetched() {
    for (name, page) in pages() {
        let texts = text_of(page);
        for forbidden in ["NaN", "inf", "-inf", "null", "None"] {
            let found = texts
                .split(|character: char| !character.is_alphanumeric() && character != '-')
                .any(|word| word == forbidden);
            assert!(!found, "{name}: {forbidden}");
        }
        for tag in tags(page) {
            assert!(
                !tag.contains("NaN") && !tag.contains("=\"inf"),
                "{name}: <{tag}>"
            );
        }
        for forbidden in ["http://", "https://", "@import", "url(", "<link", "src="] {
            let begin = page.find("</title>").unwrap();
            let end = page.find("</style>").unwrap();
            assert!(!page[begin..end].contains(forbidden), "{name}: {forbidden}");
            let fetched = tags(page).iter().any(|tag| tag.contains(forbidden));
            assert!(!fetched, "{name}: {forbidden}");
        }
    }
}
