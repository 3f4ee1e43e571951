//! The tests that name rules, as their sources say: a line `/// Rules: EV3, EV4` in the
//! comment above a function.

use std::fs;
use std::path::Path;

use crate::rules::RuleId;

/// A test, or the function that a suite makes tests from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Test {
    /// Its source, relative to the workspace and with `/` between the parts.
    pub(crate) file: String,
    pub(crate) name: String,
    rules: Vec<RuleId>,
}

impl Test {
    pub(crate) fn shows(&self, rule: &RuleId) -> bool {
        self.rules.contains(rule)
    }
}

/// The tests of crates/*/src and crates/*/tests, by file and in the order of each file.
pub(crate) fn scan(workspace: &Path) -> Result<Vec<Test>, String> {
    let mut tests = Vec::new();
    for package in entries(&workspace.join("crates"))? {
        for folder in ["src", "tests"] {
            let relative = format!("crates/{package}/{folder}");
            if workspace.join(&relative).is_dir() {
                scan_folder(workspace, &relative, &mut tests)?;
            }
        }
    }
    Ok(tests)
}

/// Fails if a test names a rule that `rules` does not have.
pub(crate) fn check(tests: &[Test], rules: &[RuleId]) -> Result<(), String> {
    for test in tests {
        if let Some(unknown) = test.rules.iter().find(|rule| !rules.contains(rule)) {
            return Err(format!("{}: {}: no rule {unknown}", test.file, test.name));
        }
    }
    Ok(())
}

fn scan_folder(workspace: &Path, folder: &str, tests: &mut Vec<Test>) -> Result<(), String> {
    for name in entries(&workspace.join(folder))? {
        let relative = format!("{folder}/{name}");
        let path = workspace.join(&relative);
        if path.is_dir() {
            scan_folder(workspace, &relative, tests)?;
        } else if name.ends_with(".rs") {
            let source =
                fs::read_to_string(&path).map_err(|error| format!("{relative}: {error}"))?;
            tests.extend(scan_source(&relative, &source)?);
        }
    }
    Ok(())
}

fn entries(folder: &Path) -> Result<Vec<String>, String> {
    let failed = |error| format!("{}: {error}", folder.display());
    let mut names = Vec::new();
    for entry in fs::read_dir(folder).map_err(failed)? {
        let name = entry.map_err(failed)?.file_name();
        names.extend(name.into_string());
    }
    names.sort();
    Ok(names)
}

fn scan_source(file: &str, source: &str) -> Result<Vec<Test>, String> {
    let mut tests = Vec::new();
    let mut lines = source.lines().map(str::trim_start).enumerate();
    while let Some((at, line)) = lines.next() {
        let Some(list) = line.strip_prefix("/// Rules:") else {
            continue;
        };
        let wrong = |message: &str| format!("{file}:{}: {message}", at + 1);
        let rules = list
            .split(',')
            .map(|id| RuleId::parse(id.trim()))
            .collect::<Option<Vec<_>>>()
            .ok_or_else(|| wrong("expected rules such as `EV3, EV4`"))?;
        let name = lines
            .by_ref()
            .map(|(_, line)| line)
            .take_while(|line| !line.is_empty())
            .find_map(function_name)
            .ok_or_else(|| wrong("no function follows"))?;
        tests.push(Test {
            file: file.into(),
            name: name.into(),
            rules,
        });
    }
    Ok(tests)
}

/// The name in a line that begins a function, whatever qualifiers come before `fn`.
fn function_name(line: &str) -> Option<&str> {
    if line.starts_with("//") || line.starts_with('#') {
        return None;
    }
    let (qualifiers, rest) = line.split_once("fn ")?;
    let qualified = qualifiers
        .chars()
        .all(|letter| letter.is_ascii_alphabetic() || " ()".contains(letter));
    let end = rest.find(|letter: char| !letter.is_alphanumeric() && letter != '_')?;
    Some(&rest[..end]).filter(|name| qualified && !name.is_empty())
}

#[cfg(test)]
impl Test {
    pub(crate) fn new(file: &str, name: &str, rules: &[&str]) -> Self {
        Self {
            file: file.into(),
            name: name.into(),
            rules: rules.iter().filter_map(|id| RuleId::parse(id)).collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_test_is_found_behind_its_attributes() {
        let source = "    /// What it shows.\n    /// Rules: EV3, EV4\n    #[test]\n    \
                      #[cfg_attr(miri, ignore)]\n    fn it_shows() {\n";
        assert_eq!(
            scan_source("a.rs", source).unwrap(),
            [Test::new("a.rs", "it_shows", &["EV3", "EV4"])]
        );
    }

    #[test]
    fn a_function_of_a_suite_counts_too() {
        let source = "/// Rules: CP1\npub(crate) fn fifo<B: Backend>(backend: &B) {\n";
        assert_eq!(
            scan_source("a.rs", source).unwrap(),
            [Test::new("a.rs", "fifo", &["CP1"])]
        );
    }

    #[test]
    fn rules_without_a_function_or_in_another_form_are_errors() {
        for wrong in [
            "/// Rules: EV3\n\nfn later() {}\n",
            "/// Rules: EV3\n#[test]\n",
            "/// Rules: EV3 and EV4\nfn it_shows() {}\n",
            "/// Rules:\nfn it_shows() {}\n",
        ] {
            assert!(scan_source("a.rs", wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_rule_that_does_not_exist_is_an_error() {
        let rules = crate::rules::parse("- **EV1** One.\n").unwrap();
        let known = Test::new("a.rs", "known", &["EV1"]);
        let unknown = Test::new("a.rs", "unknown", &["EV1", "EV2"]);
        assert_eq!(check(std::slice::from_ref(&known), &rules), Ok(()));
        assert!(check(&[known, unknown], &rules).is_err());
    }
}
