//! Paths inside a repo, and the globs that say what a candidate may touch.

use std::fmt;
use std::str::FromStr;

use globset::{GlobBuilder, GlobMatcher};
use serde::{Deserialize, Serialize};

/// Longest path or glob in bytes: `PATH_MAX` on Linux (limits.h).
const LONGEST: usize = 4096;

/// What a target path looks like, for messages.
pub const TARGET_PATH_SHAPE: &str = "a relative path or glob without `..`, not `/`, not starting with `**`";

fn check_components(text: &str) -> Result<(), &'static str> {
    if text.is_empty() {
        return Err("it is empty");
    }
    if text.len() > LONGEST {
        return Err("it is longer than 4096 bytes");
    }
    if text.starts_with('/') {
        return Err("it is absolute");
    }
    if text.chars().any(crate::text::is_hidden) {
        return Err("it has a control or invisible character");
    }
    if text.contains('\\') {
        return Err("it has a backslash");
    }
    for part in text.strip_suffix('/').unwrap_or(text).split('/') {
        match part {
            "" => return Err("it has an empty component"),
            "." => return Err("it has a `.` component"),
            ".." => return Err("it has a `..` component"),
            _ if part.eq_ignore_ascii_case(".git") => return Err("it is inside `.git`"),
            _ => {}
        }
    }
    Ok(())
}

/// The path of a file in a repo: relative, with `/`, no `.` or `..`, not in `.git`.
#[derive(Clone, Debug, Deserialize, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(try_from = "String", into = "String")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "schema", schemars(with = "String"))]
pub struct RepoPath(String);

impl RepoPath {
    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The file's name without its folder.
    #[must_use]
    pub fn file_name(&self) -> &str {
        self.0.rsplit('/').next().unwrap_or(&self.0)
    }

    /// The folder; empty for the root.
    #[must_use]
    pub fn folder(&self) -> &str {
        self.0.rsplit_once('/').map_or("", |(folder, _)| folder)
    }
}

impl FromStr for RepoPath {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        check_components(text)
            .and_then(
                |()| {
                    if text.ends_with('/') { Err("it ends in a slash") } else { Ok(Self(text.to_owned())) }
                },
            )
            .map_err(|why| {
                format!("expected a file's path in the repo, found {}: {why}", crate::text::quote(text))
            })
    }
}

impl TryFrom<String> for RepoPath {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl From<RepoPath> for String {
    fn from(path: RepoPath) -> Self {
        path.0
    }
}

impl fmt::Display for RepoPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

/// One entry of `target_paths`: a relative glob; a trailing slash means everything below.
#[derive(Clone, Debug, Deserialize, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(try_from = "String", into = "String")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "schema", schemars(with = "String"))]
pub struct TargetPath(String);

impl TargetPath {
    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// A glob that matches one file by its exact name, whatever characters it has.
    #[must_use]
    pub fn exactly(path: &RepoPath) -> Self {
        let mut glob = String::new();
        for c in path.as_str().chars() {
            if matches!(c, '*' | '?' | '[' | ']' | '{' | '}') {
                glob.extend(['[', c, ']']);
            } else {
                glob.push(c);
            }
        }
        Self(glob)
    }

    fn matcher(&self) -> Result<GlobMatcher, globset::Error> {
        let glob = match self.0.strip_suffix('/') {
            Some(folder) => format!("{folder}/**"),
            None => self.0.clone(),
        };
        GlobBuilder::new(&glob)
            .literal_separator(true)
            .backslash_escape(false)
            .build()
            .map(|glob| glob.compile_matcher())
    }
}

impl FromStr for TargetPath {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let path = Self(text.to_owned());
        let why = match check_components(text) {
            Err(why) => why.to_owned(),
            Ok(()) if text.split('/').next() == Some("**") => "it covers the whole repo".into(),
            Ok(()) if text.starts_with('{') || text.starts_with('!') => {
                "it starts with an alternative or a negation".into()
            }
            Ok(()) => match path.matcher() {
                Ok(_) => return Ok(path),
                Err(error) => error.kind().to_string(),
            },
        };
        Err(format!("expected {TARGET_PATH_SHAPE}, found {}: {why}", crate::text::quote(text)))
    }
}

impl TryFrom<String> for TargetPath {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl From<TargetPath> for String {
    fn from(path: TargetPath) -> Self {
        path.0
    }
}

impl fmt::Display for TargetPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

/// The paths that a change may touch.
#[derive(Debug)]
pub struct Scope(Vec<GlobMatcher>);

impl Scope {
    /// The union of `paths`.
    #[must_use]
    pub fn new(paths: &[TargetPath]) -> Self {
        let matcher = |path: &TargetPath| path.matcher().expect("checked when it was parsed");
        Self(paths.iter().map(matcher).collect())
    }

    /// True when `path` is inside; bytes that are not UTF-8 never are.
    #[must_use]
    pub fn contains(&self, path: &str) -> bool {
        self.0.iter().any(|glob| glob.is_match(path))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn target_paths_that_leave_the_repo_or_cover_all_of_it_are_refused() {
        for bad in [
            "/",
            "/etc",
            "..",
            "a/../b",
            "**",
            "**/*.rs",
            "",
            "a\nb",
            "a//b",
            "./a",
            ".git/config",
            "sub/.GIT/x",
            "a\\b",
            "{**,a}",
            "a[",
            "!a",
        ] {
            assert!(bad.parse::<TargetPath>().is_err(), "{bad:?}");
        }
    }

    #[test]
    fn the_target_paths_nearest_to_those_pass() {
        for good in [
            "a",
            "etc",
            "..a",
            "a/**",
            "src/**/*.rs",
            "*",
            ".github/",
            ".gitlab-ci.yml",
            ".gitignore",
            "a b/ü.yml",
        ] {
            assert!(good.parse::<TargetPath>().is_ok(), "{good:?}");
        }
    }

    #[test]
    fn scope_compares_components_not_prefixes() {
        let scope = Scope::new(&["ci/".parse().unwrap(), "a*.yml".parse().unwrap()]);
        assert!(scope.contains("ci/x/y.yml") && scope.contains("ab.yml"));
        assert!(!scope.contains("cix/y.yml") && !scope.contains("a/b.yml") && !scope.contains("ci"));
    }

    #[test]
    fn an_exact_path_with_glob_characters_matches_only_itself() {
        let path: RepoPath = "docs/[id]*.yml".parse().unwrap();
        let scope = Scope::new(&[TargetPath::exactly(&path)]);
        assert!(scope.contains("docs/[id]*.yml") && !scope.contains("docs/ix.yml"));
    }
}
