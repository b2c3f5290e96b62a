//! The files of a repo as rules and recipes see them.

use std::collections::BTreeMap;

use il_core::snapshot::Snapshot;

/// A set of files to look at: a commit, or a folder.
pub trait Files {
    /// Every path, relative to the repo, with `/`.
    fn paths(&self) -> Vec<&str>;

    /// True for a file that is there.
    fn has(&self, path: &str) -> bool;

    /// Announces what will be read, where reading many at once is cheaper.
    fn prefetch(&self, _paths: &[String]) {}

    /// Why a file that is there could not be read, if that happened.
    fn problem(&self) -> Option<String> {
        None
    }

    /// A file's text; `None` when it is absent, not a regular file, too large or not text.
    fn read(&self, path: &str) -> Option<String>;
}

impl Files for Snapshot {
    fn paths(&self) -> Vec<&str> {
        self.paths().collect()
    }

    fn has(&self, path: &str) -> bool {
        self.has(path)
    }

    fn prefetch(&self, paths: &[String]) {
        self.load(paths);
    }

    fn problem(&self) -> Option<String> {
        self.problem()
    }

    fn read(&self, path: &str) -> Option<String> {
        self.read(path)
    }
}

/// Files in memory.
impl Files for BTreeMap<String, String> {
    fn paths(&self) -> Vec<&str> {
        self.keys().map(String::as_str).collect()
    }

    fn has(&self, path: &str) -> bool {
        self.contains_key(path)
    }

    fn read(&self, path: &str) -> Option<String> {
        self.get(path).cloned()
    }
}
