//! The one place that reads environment variables.

use std::ffi::OsString;
use std::path::PathBuf;

/// A variable's text; `None` when it is unset, empty or not UTF-8.
#[must_use]
#[allow(clippy::disallowed_methods)]
pub fn var(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|text| !text.is_empty())
}

/// A variable as the system holds it.
#[must_use]
#[allow(clippy::disallowed_methods)]
pub fn raw(name: &str) -> Option<OsString> {
    std::env::var_os(name)
}

/// The folders of `PATH` in order.
#[must_use]
pub fn search_path() -> Vec<PathBuf> {
    raw("PATH").map_or_else(Vec::new, |path| std::env::split_paths(&path).collect())
}
