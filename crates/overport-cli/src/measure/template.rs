//! A server's command as a user gives it, with places for what is decided at its start.

use std::fmt;
use std::str::FromStr;

use crate::sys::words;

/// A command that is split into words as a shell would, without being given to one: whoever
/// wants a shell writes `sh -c '...'`.
///
/// `{port}` stands for the port of 127.0.0.1 to listen at, and has to be there. `{stall_ms}`
/// stands for how long the handler of a marked message is to block, 0 for not at all. Any other
/// name in braces is an error, since it is a placeholder misspelt. Braces around anything else,
/// and a shell's `${NAME}`, are left as they are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Template {
    text: String,
    /// The program and its arguments.
    words: Vec<Vec<Piece>>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Piece {
    Text(String),
    Port,
    StallMs,
}

impl Template {
    pub(crate) fn takes_stall_ms(&self) -> bool {
        self.has(&Piece::StallMs)
    }

    /// The words of the command, the program first.
    pub(crate) fn filled(&self, port: u16, stall_ms: u64) -> Vec<String> {
        let fill = |piece: &Piece| match piece {
            Piece::Text(text) => text.clone(),
            Piece::Port => port.to_string(),
            Piece::StallMs => stall_ms.to_string(),
        };
        let words = self.words.iter();
        words.map(|word| word.iter().map(fill).collect()).collect()
    }

    fn has(&self, wanted: &Piece) -> bool {
        self.words.iter().flatten().any(|piece| piece == wanted)
    }
}

impl FromStr for Template {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let words = words::split(text).ok_or_else(|| {
            format!("a quote is not closed, or the last '\\' escapes nothing: {text}")
        })?;
        let words: Result<_, String> = words.iter().map(|word| pieces(word)).collect();
        let template = Self {
            text: text.trim().to_owned(),
            words: words?,
        };
        match template.has(&Piece::Port) {
            true => Ok(template),
            false => Err(
                "the command has no {port}, so the server can't be told where to listen".to_owned(),
            ),
        }
    }
}

impl fmt::Display for Template {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.text)
    }
}

fn pieces(word: &str) -> Result<Vec<Piece>, String> {
    let mut pieces = Vec::new();
    let mut text = String::new();
    let mut rest = word;
    while let Some((before, after)) = rest.split_once('{') {
        text.push_str(before);
        match name(after).filter(|_| !text.ends_with('$')) {
            Some((name, after)) => {
                pieces.push(Piece::Text(std::mem::take(&mut text)));
                pieces.push(placeholder(name)?);
                rest = after;
            }
            None => {
                text.push('{');
                rest = after;
            }
        }
    }
    text.push_str(rest);
    pieces.push(Piece::Text(text));
    Ok(pieces)
}

fn placeholder(name: &str) -> Result<Piece, String> {
    match name {
        "port" => Ok(Piece::Port),
        "stall_ms" => Ok(Piece::StallMs),
        _ => Err(format!(
            "there is no {{{name}}}, only {{port}} and {{stall_ms}}"
        )),
    }
}

/// A name up to a closing brace, and what comes after that.
fn name(text: &str) -> Option<(&str, &str)> {
    let (name, after) = text.split_once('}')?;
    let in_names = |character: char| character.is_ascii_alphanumeric() || character == '_';
    let is_name =
        name.chars().all(in_names) && !name.starts_with(|first: char| first.is_ascii_digit());
    (is_name && !name.is_empty()).then_some((name, after))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Vec<String> {
        text.parse::<Template>().unwrap().filled(7000, 10)
    }

    #[test]
    fn words_are_a_shell_s_words() {
        assert_eq!(
            words(r#"run "a  b" "" 127.0.0.1:{port}"#),
            ["run", "a  b", "", "127.0.0.1:7000"]
        );
    }

    #[test]
    fn placeholders_are_filled_wherever_they_stand() {
        assert_eq!(
            words("./on-{port} {port}{port} -s{stall_ms}ms"),
            ["./on-7000", "70007000", "-s10ms"]
        );
    }

    #[test]
    fn braces_around_anything_but_a_name_are_left_alone() {
        assert_eq!(
            words(r#"sh -c "exec {port} {} {a b} {1} { {port} } ${HOME} {""#)[2],
            "exec 7000 {} {a b} {1} { 7000 } ${HOME} {"
        );
    }

    #[test]
    fn a_misspelt_placeholder_is_named() {
        let error = "run {port} {prt}".parse::<Template>().unwrap_err();
        assert!(error.contains("{prt}"), "{error}");
    }

    #[test]
    fn a_command_without_a_port_or_with_an_open_quote_is_refused() {
        for text in ["run", "", "  ", "run ${port}"] {
            let error = text.parse::<Template>().unwrap_err();
            assert!(error.contains("{port}"), "{error}");
        }
        let error = "run \"{port}".parse::<Template>().unwrap_err();
        assert!(error.contains("quote"), "{error}");
    }
}
