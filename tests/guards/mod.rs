//! Rules of the house as tests.

mod layers;
mod plugins;
mod readme;
mod schemas;
mod sources;

use std::path::{Path, PathBuf};

/// Every file below `folder` whose name ends in `ending`, relative to the project.
pub fn files(folder: &str, ending: &str) -> Vec<PathBuf> {
    let root = il_tests::project();
    let mut found = Vec::new();
    let mut queue = vec![root.join(folder)];
    while let Some(folder) = queue.pop() {
        for entry in std::fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                queue.push(path);
            } else if path.to_string_lossy().ends_with(ending) {
                found.push(path.strip_prefix(&root).unwrap().to_owned());
            }
        }
    }
    found.sort();
    assert!(!found.is_empty(), "no {ending} below {}", root.display());
    found
}

pub fn read(path: impl AsRef<Path>) -> String {
    std::fs::read_to_string(il_tests::project().join(path)).unwrap()
}

/// The part of a source file that is not its unit tests.
pub fn production(text: &str) -> &str {
    text.split("#[cfg(test)]\nmod tests").next().unwrap_or(text)
}
