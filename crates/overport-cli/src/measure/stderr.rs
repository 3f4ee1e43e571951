//! What a server says on its standard error: taken so that it never blocks, and the end of it
//! kept.

use std::collections::VecDeque;
use std::io::{self, Read};
use std::sync::mpsc::{self, Receiver};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

/// How much is kept.
const KEPT_BYTES: usize = 4096;

/// The longest line that is worth showing.
const LINE_CHARACTERS: usize = 200;

/// The end of a stream that a thread of its own reads to its end.
#[derive(Debug)]
pub(super) struct Tail {
    kept: Arc<Mutex<VecDeque<u8>>>,
    /// Disconnected when the stream has ended.
    ended: Mutex<Receiver<()>>,
}

impl Tail {
    pub(super) fn of(stream: impl Read + Send + 'static) -> io::Result<Self> {
        let kept = Arc::new(Mutex::new(VecDeque::with_capacity(KEPT_BYTES)));
        let (reads, ended) = mpsc::channel();
        let keep = Arc::clone(&kept);
        thread::Builder::new()
            .name("stderr".into())
            .spawn(move || {
                let _reads = reads;
                read_to_end(stream, &keep);
            })?;
        Ok(Self {
            kept,
            ended: Mutex::new(ended),
        })
    }

    /// The last line that says something, if there is one; waits for the end of the stream no
    /// longer than `patience`.
    pub(super) fn last_line(&self, patience: Duration) -> Option<String> {
        // It only ever ends: by the stream's end, or by the time.
        let ended = self.ended.lock().unwrap_or_else(PoisonError::into_inner);
        let _ = ended.recv_timeout(patience);
        drop(ended);
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let bytes: Vec<u8> = kept.iter().copied().collect();
        drop(kept);
        last_line(&String::from_utf8_lossy(&bytes))
    }
}

fn read_to_end(mut stream: impl Read, keep: &Mutex<VecDeque<u8>>) {
    let mut chunk = [0; KEPT_BYTES];
    loop {
        match stream.read(&mut chunk) {
            Ok(count @ 1..) => {
                let mut kept = keep.lock().unwrap_or_else(PoisonError::into_inner);
                let excess = (kept.len() + count).saturating_sub(KEPT_BYTES);
                kept.drain(..excess);
                kept.extend(&chunk[..count]);
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            _ => return,
        }
    }
}

/// A Rust program's hints ("note: ...") come after what went wrong, and say nothing about it.
fn last_line(text: &str) -> Option<String> {
    let line = text
        .lines()
        .map(str::trim)
        .rfind(|line| !line.is_empty() && !line.starts_with("note: "))?;
    let shown = line.chars().take(LINE_CHARACTERS);
    Some(shown.map(printable).collect())
}

/// It is shown in a terminal, which must not obey it.
fn printable(character: char) -> char {
    if character.is_control() {
        ' '
    } else {
        character
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PATIENCE: Duration = Duration::from_secs(10);

    #[test]
    fn the_end_of_a_long_text_is_kept() {
        let text = format!("{}\nthe end\n\n", "x".repeat(100_000));
        let tail = Tail::of(io::Cursor::new(text)).unwrap();
        assert_eq!(tail.last_line(PATIENCE).unwrap(), "the end");
        assert!(tail.kept.lock().unwrap().len() <= KEPT_BYTES);
    }

    #[test]
    fn a_line_is_shown_without_its_controls_and_not_at_any_length() {
        assert_eq!(last_line("a\x1b[31mb\n").unwrap(), "a [31mb");
        assert_eq!(
            last_line(&"é".repeat(1000)).unwrap().chars().count(),
            LINE_CHARACTERS
        );
    }

    #[test]
    fn a_hint_is_not_what_went_wrong() {
        assert_eq!(
            last_line("out of luck\nnote: run it again\n").unwrap(),
            "out of luck"
        );
        assert_eq!(last_line(" \n\n"), None);
    }
}
