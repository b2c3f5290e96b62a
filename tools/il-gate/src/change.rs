//! What changed between two commits, from the object store: modes and blobs, not patch text.

use il_core::git::{Git, GitError};

/// One side of a changed file.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Side {
    /// `100644`, `100755`, `120000` (symbolic link), `160000` (submodule).
    pub mode: String,
    /// The id of its content.
    pub object: String,
}

/// One changed path; a rename is two: one removed, one added.
#[derive(Clone, Debug)]
pub struct ChangedFile {
    /// The path; bytes that are not UTF-8 are shown as `�`.
    pub path: String,
    /// After the change; `None` when it was removed.
    pub new: Option<Side>,
    /// Bytes after the change; 0 for a removed file.
    pub bytes: u64,
    /// Where a symbolic link leads.
    pub link: Option<String>,
}

/// Everything that changed.
#[derive(Clone, Debug, Default)]
pub struct Change {
    /// The changed paths in order.
    pub files: Vec<ChangedFile>,
}

impl Change {
    /// Reads the difference.
    ///
    /// # Errors
    /// When git fails: then nothing is known, and nothing may pass.
    pub fn between(git: &Git, base: &str, head: &str) -> Result<Self, GitError> {
        let raw = git
            .command([
                "diff-tree",
                "-r",
                "-z",
                "--raw",
                "--no-renames",
                "--full-index",
                "--no-abbrev",
                base,
                head,
            ])?
            .run()?;
        let mut files = parse(&raw)?;
        sizes(git, &mut files)?;
        for file in &mut files {
            if let Some(side) = file.new.as_ref().filter(|side| side.mode == "120000") {
                let target = git.command(["cat-file", "blob", &side.object])?.run()?;
                file.link = Some(String::from_utf8_lossy(&target).into_owned());
            }
        }
        Ok(Self { files })
    }
}

/// `:<mode> <mode> <object> <object> <status>\0<path>\0`, repeated (git-diff-tree(1), raw format).
fn parse(raw: &[u8]) -> Result<Vec<ChangedFile>, GitError> {
    let wrong = |record: &[u8]| GitError::Answer {
        command: "diff-tree".into(),
        answer: il_core::text::quote(&String::from_utf8_lossy(record)),
        expected: "`:mode mode object object status` and a path",
    };
    let mut records = raw.split(|byte| *byte == 0);
    let mut files = Vec::new();
    while let Some(meta) = records.next().filter(|meta| !meta.is_empty()) {
        let path = records.next().ok_or_else(|| wrong(meta))?;
        let text = std::str::from_utf8(meta).map_err(|_| wrong(meta))?;
        let words: Vec<_> = text.split(' ').collect();
        let [_, mode, _, object, _] = words[..] else { return Err(wrong(meta)) };
        let new = (mode != "000000").then(|| Side { mode: mode.to_owned(), object: object.to_owned() });
        let path = String::from_utf8_lossy(path).into_owned();
        files.push(ChangedFile { path, new, bytes: 0, link: None });
    }
    Ok(files)
}

fn sizes(git: &Git, files: &mut [ChangedFile]) -> Result<(), GitError> {
    let blobs: Vec<&mut ChangedFile> =
        files.iter_mut().filter(|file| file.new.as_ref().is_some_and(|side| side.mode != "160000")).collect();
    let ids: String =
        blobs.iter().filter_map(|file| file.new.as_ref().map(|side| format!("{}\n", side.object))).collect();
    let answer = git.command(["cat-file", "--batch-check=%(objectsize)"])?.stdin(ids).text()?;
    let mut sizes = answer.lines();
    for file in blobs {
        let size = sizes.next().unwrap_or_default();
        file.bytes = size.parse().map_err(|_| GitError::Answer {
            command: "cat-file".into(),
            answer: il_core::text::quote(size),
            expected: "a size for each object",
        })?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_cut_short_is_an_error_not_an_empty_change() {
        assert!(parse(b":100644 100644 a b M").is_err());
        assert!(parse(b":100644 100644 a b\0x\0").is_err());
        assert!(parse(b"").unwrap().is_empty());
    }
}
