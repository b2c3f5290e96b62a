//! The files of one commit, read from the object store: no checkout, no filters.

use std::cell::RefCell;
use std::collections::{BTreeMap, HashMap};

use crate::git::{Git, GitError};

/// Largest file that is read as text, in bytes.
const TEXT_LIMIT: usize = 4 * 1024 * 1024;

/// One file of a commit.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Entry {
    /// `100644`, `100755`, `120000` (symbolic link) or `160000` (submodule).
    pub mode: String,
    /// The id of its content.
    pub object: String,
}

/// The files of one commit. Paths that are not UTF-8 are left out.
#[derive(Debug)]
pub struct Snapshot {
    git: Git,
    entries: BTreeMap<String, Entry>,
    cache: RefCell<HashMap<String, Option<String>>>,
    problem: RefCell<Option<String>>,
}

impl Snapshot {
    /// Lists the files of `commit`.
    ///
    /// # Errors
    /// When git fails.
    pub fn of(git: &Git, commit: &str) -> Result<Self, GitError> {
        let listing = git.command(["ls-tree", "-r", "-z", "--full-tree", commit])?.run()?;
        let entries = listing
            .split(|byte| *byte == 0)
            .filter_map(|record| {
                let (meta, path) = std::str::from_utf8(record).ok()?.split_once('\t')?;
                let mut words = meta.split(' ');
                let mode = words.next()?.to_owned();
                let object = words.nth(1)?.to_owned();
                Some((path.to_owned(), Entry { mode, object }))
            })
            .collect();
        Ok(Self { git: git.clone(), entries, cache: RefCell::default(), problem: RefCell::default() })
    }

    /// Every path in order.
    pub fn paths(&self) -> impl Iterator<Item = &str> {
        self.entries.keys().map(String::as_str)
    }

    /// True for a file of the commit.
    #[must_use]
    pub fn has(&self, path: &str) -> bool {
        self.entries.contains_key(path)
    }

    /// A file's mode and object.
    #[must_use]
    pub fn entry(&self, path: &str) -> Option<&Entry> {
        self.entries.get(path)
    }

    /// The text of a regular file; `None` when it is absent, a link, too large or not text.
    #[must_use]
    pub fn read(&self, path: &str) -> Option<String> {
        if let Some(known) = self.cache.borrow().get(path) {
            return known.clone();
        }
        self.load(&[path]);
        self.cache.borrow().get(path).cloned().flatten()
    }

    /// Why a file that is there could not be read, if that happened: then nothing that was
    /// concluded from its absence holds.
    #[must_use]
    pub fn problem(&self) -> Option<String> {
        self.problem.borrow().clone()
    }

    /// Reads several files with one git process, for later [`Snapshot::read`]s.
    pub fn load<S: AsRef<str>>(&self, paths: &[S]) {
        let wanted: Vec<(&str, &Entry)> = paths
            .iter()
            .map(AsRef::as_ref)
            .filter_map(|path| Some((path, self.entries.get(path)?)))
            .filter(|(_, entry)| entry.mode.starts_with("100"))
            .collect();
        let request: String = wanted.iter().map(|(_, entry)| format!("{}\n", entry.object)).collect();
        let answer =
            self.git.command(["cat-file", "--batch"]).and_then(|command| command.stdin(request).run());
        let answer = answer.unwrap_or_else(|error| {
            *self.problem.borrow_mut() = Some(error.to_string());
            Vec::new()
        });
        let mut cache = self.cache.borrow_mut();
        let mut rest = &answer[..];
        for (path, _) in wanted {
            let content = next_object(&mut rest);
            if content.is_none() {
                let why = format!(
                    "`{path}` is in the commit, but its content is not in the repo (a partial clone?)"
                );
                self.problem.borrow_mut().get_or_insert(why);
            }
            let text = content
                .filter(|bytes| bytes.len() <= TEXT_LIMIT)
                .and_then(|bytes| String::from_utf8(bytes.to_vec()).ok());
            cache.insert(path.to_owned(), text);
        }
    }
}

/// One record of `git cat-file --batch`: `<object> <type> <size>`, the bytes, a line feed; or
/// `<object> missing`.
fn next_object<'a>(rest: &mut &'a [u8]) -> Option<&'a [u8]> {
    let newline = rest.iter().position(|byte| *byte == b'\n')?;
    let header = std::str::from_utf8(&rest[..newline]).ok()?;
    if header.ends_with(" missing") {
        *rest = &rest[newline + 1..];
        return None;
    }
    let size: usize = header.rsplit(' ').next()?.parse().ok()?;
    let body = rest.get(newline + 1..newline + 1 + size)?;
    *rest = rest.get(newline + 2 + size..).unwrap_or_default();
    Some(body)
}
