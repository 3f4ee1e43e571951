//! The files of a report, whole or not at all.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use super::data::Report;
use super::difference::Difference;
use super::page;
use crate::failure::Failure;
use crate::lang::Lang;

/// A folder that files can be written to.
///
/// What was made of the folder is taken away again when it is dropped before anything was
/// written.
#[derive(Debug)]
pub(crate) struct Output {
    folder: PathBuf,
    /// Folders that `prepare` made, the outermost first.
    made: Vec<PathBuf>,
}

impl Output {
    /// Makes the folder, with those above it, and tries whether a file can be written there; so
    /// that it is known before a long measurement. The error is one line that names the folder.
    pub(crate) fn prepare(folder: &Path) -> Result<Self, Failure> {
        let mut output = Self {
            folder: folder.to_owned(),
            made: Vec::new(),
        };
        output
            .make()
            .and_then(|()| output.try_it())
            .map_err(|error| cannot_write(folder, &error))?;
        Ok(output)
    }

    /// Writes files of these names. A file appears when it is whole; one that was there is
    /// replaced then. When one can't be written, none is replaced.
    pub(crate) fn write<T: AsRef<[u8]>>(
        &self,
        files: &[(impl AsRef<str>, T)],
    ) -> Result<(), Failure> {
        let mut drafts = Vec::with_capacity(files.len());
        for (name, content) in files {
            let target = self.folder.join(name.as_ref());
            let draft = Draft::write(&target, content.as_ref())
                .map_err(|error| cannot_write(&target, &error))?;
            drafts.push(draft);
        }
        for draft in &drafts {
            draft
                .publish()
                .map_err(|error| cannot_write(&draft.target, &error))?;
        }
        Ok(())
    }

    /// Writes report.html, in this language, and report.json.
    pub(crate) fn write_report(&self, report: &Report, lang: Lang) -> Result<(), Failure> {
        let mut json = serde_json::to_string_pretty(report)
            .map_err(|error| Failure::failed(format!("cannot write JSON: {error}")))?;
        json.push('\n');
        let page = page::render(report, lang.texts());
        self.write(&[("report.json", json), ("report.html", page)])
    }

    /// Writes difference.html, in this language, of two reports beside each other.
    pub(crate) fn write_difference(
        &self,
        a: &Report,
        b: &Report,
        difference: &Difference,
        lang: Lang,
    ) -> Result<(), Failure> {
        let page = page::render_difference(a, b, difference, lang.texts());
        self.write(&[("difference.html", page)])
    }

    fn make(&mut self) -> io::Result<()> {
        let missing: Vec<&Path> = self
            .folder
            .ancestors()
            .filter(|path| !path.as_os_str().is_empty())
            .take_while(|path| !path.exists())
            .collect();
        for folder in missing.into_iter().rev() {
            match fs::create_dir(folder) {
                Ok(()) => self.made.push(folder.to_owned()),
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                Err(error) => return Err(error),
            }
        }
        if self.folder.is_dir() {
            Ok(())
        } else {
            Err(io::ErrorKind::NotADirectory.into())
        }
    }

    fn try_it(&self) -> io::Result<()> {
        // A draft that is dropped leaves nothing.
        Draft::create(&self.folder.join("overport"))?
            .1
            .write_all(b"\n")
    }
}

impl Drop for Output {
    fn drop(&mut self) {
        for folder in self.made.iter().rev() {
            // Only an empty folder goes, which is what is wanted.
            let _ = fs::remove_dir(folder);
        }
    }
}

/// A file beside its target, which becomes the target or goes away.
struct Draft {
    path: PathBuf,
    target: PathBuf,
}

impl Draft {
    fn write(target: &Path, content: &[u8]) -> io::Result<Self> {
        if target.is_dir() {
            return Err(io::ErrorKind::IsADirectory.into());
        }
        let (draft, mut file) = Self::create(target)?;
        file.write_all(content)?;
        // A name that appears after a crash has what it promises.
        file.sync_all()?;
        Ok(draft)
    }

    fn create(target: &Path) -> io::Result<(Self, fs::File)> {
        loop {
            let mut name = std::ffi::OsString::from(".");
            name.push(target.file_name().unwrap_or_default());
            name.push(format!(".{:08x}", fastrand::u32(..)));
            let path = target.with_file_name(name);
            match fs::File::create_new(&path) {
                Ok(file) => {
                    let target = target.to_owned();
                    return Ok((Self { path, target }, file));
                }
                // Another one's draft: take another name.
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                Err(error) => return Err(error),
            }
        }
    }

    /// Gives it its target's name; there is nothing of the draft's name after that.
    fn publish(&self) -> io::Result<()> {
        fs::rename(&self.path, &self.target)
    }
}

impl Drop for Draft {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.path);
    }
}

fn cannot_write(path: &Path, error: &io::Error) -> Failure {
    Failure::failed(format!("cannot write to {}: {error}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A folder of its own for a test, which goes with it.
    struct Scratch(PathBuf);

    impl Scratch {
        fn new() -> Self {
            let path = std::env::temp_dir().join(format!("overport-{:016x}", fastrand::u64(..)));
            fs::create_dir(&path).expect("the temporary folder can be written");
            Self(path)
        }

        fn names(&self, folder: &str) -> Vec<String> {
            let mut names: Vec<String> = fs::read_dir(self.0.join(folder))
                .expect("the folder is there")
                .map(|entry| {
                    entry
                        .expect("an entry")
                        .file_name()
                        .to_string_lossy()
                        .into()
                })
                .collect();
            names.sort();
            names
        }
    }

    impl Drop for Scratch {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.0);
        }
    }

    #[test]
    fn files_are_written_whole_and_replace_what_was_there() {
        let scratch = Scratch::new();
        let output = Output::prepare(&scratch.0.join("a/b")).expect("it can be made");
        output
            .write(&[("one", "1"), ("two", "2")])
            .expect("written");
        output.write(&[("one", "3")]).expect("replaced");
        drop(output);
        assert_eq!(scratch.names("a/b"), ["one", "two"]);
        assert_eq!(fs::read(scratch.0.join("a/b/one")).expect("there"), b"3");
    }

    #[test]
    fn a_folder_that_nothing_was_written_to_is_not_left() {
        let scratch = Scratch::new();
        fs::create_dir(scratch.0.join("mine")).expect("made");
        drop(Output::prepare(&scratch.0.join("mine/a/b")).expect("it can be made"));
        assert_eq!(scratch.names(""), ["mine"]);
        assert!(scratch.names("mine").is_empty());
        drop(Output::prepare(&scratch.0.join("mine")).expect("it is there"));
        assert_eq!(scratch.names(""), ["mine"]);
    }

    #[test]
    fn a_folder_that_can_not_be_is_known_at_once_and_leaves_nothing() {
        let scratch = Scratch::new();
        fs::write(scratch.0.join("file"), "").expect("written");
        for folder in ["file", "file/below"] {
            let failure = Output::prepare(&scratch.0.join(folder)).expect_err("it is a file");
            let text = format!("{failure:?}");
            assert!(
                text.contains("cannot write to") && text.contains(folder),
                "{text}"
            );
        }
        assert_eq!(scratch.names(""), ["file"]);
    }

    #[test]
    fn when_one_file_can_not_be_written_none_is_replaced() {
        let scratch = Scratch::new();
        fs::create_dir(scratch.0.join("two")).expect("made");
        fs::write(scratch.0.join("one"), "old").expect("written");
        let output = Output::prepare(&scratch.0).expect("it is there");
        output
            .write(&[("one", "new"), ("two", "new")])
            .expect_err("a folder has the name");
        assert_eq!(fs::read(scratch.0.join("one")).expect("there"), b"old");
        assert_eq!(scratch.names(""), ["one", "two"]);
    }
}
