//! A plain folder as a set of files.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use il_ci::files::Files;

/// Most files that are listed: a folder without git may be anybody's home.
const LIMIT: usize = 200_000;
/// Largest file that is read, in bytes.
const TEXT_LIMIT: u64 = 4 * 1024 * 1024;
/// Folders that hold other people's files.
const SKIPPED: &[&str] = &[".git", "node_modules", "target", ".venv"];

/// The files below a folder; links are not followed.
pub struct Folder {
    root: PathBuf,
    paths: BTreeSet<String>,
    problem: RefCell<Option<String>>,
}

impl Folder {
    /// Lists the files.
    ///
    /// # Errors
    /// When the folder itself cannot be read, or has too many files.
    pub fn read(root: &Path) -> io::Result<Self> {
        let mut folder = Self { root: root.to_owned(), paths: BTreeSet::new(), problem: RefCell::default() };
        folder.list(root, "")?;
        Ok(folder)
    }

    fn list(&mut self, folder: &Path, prefix: &str) -> io::Result<()> {
        for entry in fs::read_dir(folder)? {
            let entry = entry?;
            let Ok(name) = entry.file_name().into_string() else { continue };
            let path = format!("{prefix}{name}");
            let kind = entry.file_type()?;
            if kind.is_dir() && !SKIPPED.contains(&name.as_str()) {
                // A folder that may not be entered is not ours to judge.
                let _ = self.list(&entry.path(), &format!("{path}/"));
            } else if kind.is_file() {
                self.paths.insert(path);
            }
            if self.paths.len() > LIMIT {
                return Err(io::Error::other(format!("more than {LIMIT} files")));
            }
        }
        Ok(())
    }
}

impl Files for Folder {
    fn paths(&self) -> Vec<&str> {
        self.paths.iter().map(String::as_str).collect()
    }

    fn has(&self, path: &str) -> bool {
        self.paths.contains(path)
    }

    fn problem(&self) -> Option<String> {
        self.problem.borrow().clone()
    }

    fn read(&self, path: &str) -> Option<String> {
        let file = self.root.join(self.paths.get(path)?);
        let bytes = fs::metadata(&file)
            .and_then(|meta| if meta.len() > TEXT_LIMIT { Ok(None) } else { fs::read(&file).map(Some) });
        match bytes {
            Ok(bytes) => String::from_utf8(bytes?).ok(),
            Err(error) => {
                self.problem.borrow_mut().get_or_insert(format!("`{path}`: {error}"));
                None
            }
        }
    }
}
