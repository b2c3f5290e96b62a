//! `file.*`: no links out of the tree, no submodules, nothing huge.

use super::{Finding, Gate, Limits};
use crate::change::{Change, ChangedFile};

/// This gate.
pub const GATE: Gate = Gate { check };

fn check(change: &Change, limits: &Limits) -> Vec<Finding> {
    let mut findings: Vec<_> = change.files.iter().filter_map(|file| one(file, limits)).collect();
    if change.files.len() > limits.files {
        findings.push(Finding {
            rule: "file.too-many",
            path: String::new(),
            what: format!("{} changed files, at most {}", change.files.len(), limits.files),
            why: "nobody reviews that many",
            fix: "split it into candidates",
        });
    }
    findings
}

fn one(file: &ChangedFile, limits: &Limits) -> Option<Finding> {
    let side = file.new.as_ref()?;
    let finding = |rule, what, why, fix| Some(Finding { rule, path: file.path.clone(), what, why, fix });
    match side.mode.as_str() {
        "160000" => finding(
            "file.submodule",
            "a submodule".into(),
            "it brings in code that nobody sees here",
            "commit the files themselves",
        ),
        "120000" if file.link.as_deref().is_none_or(|link| leaves(&file.path, link)) => finding(
            "file.symlink-escape",
            "a symbolic link that leaves the repo".into(),
            "it would read or write somebody else's files",
            "link inside the repo, or not at all",
        ),
        "100644" | "100755" | "120000" if file.bytes > limits.file_bytes => finding(
            "file.too-large",
            format!("{} bytes, at most {}", file.bytes, limits.file_bytes),
            "nobody reviews a file of that size",
            "leave it out",
        ),
        "100644" | "100755" | "120000" => None,
        mode => finding(
            "file.mode",
            format!("mode {mode}"),
            "this kind of file is not known",
            "use an ordinary file",
        ),
    }
}

/// Does a link at `path` lead out of the repo, or into its git dir?
fn leaves(path: &str, link: &str) -> bool {
    if link.starts_with('/') || link.is_empty() {
        return true;
    }
    let mut depth = path.matches('/').count();
    for part in link.split('/') {
        match part {
            "" | "." => {}
            ".." if depth == 0 => return true,
            ".." => depth -= 1,
            part if part.eq_ignore_ascii_case(".git") => return true,
            _ => depth += 1,
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::change::Side;

    fn rule(mode: &str, bytes: u64, link: Option<&str>) -> Option<&'static str> {
        let new = Some(Side { mode: mode.into(), object: String::new() });
        let file = ChangedFile { path: "a/b".into(), new, bytes, link: link.map(str::to_owned) };
        let limits = Limits { scope: None, files: 9, file_bytes: 100 };
        one(&file, &limits).map(|finding| finding.rule)
    }

    #[test]
    fn each_rule_stops_its_case_and_lets_the_nearest_pass() {
        assert_eq!(rule("160000", 0, None), Some("file.submodule"));
        assert_eq!(rule("100755", 100, None), None);
        assert_eq!(rule("100644", 101, None), Some("file.too-large"));
        assert_eq!(rule("120000", 9, Some("../../etc")), Some("file.symlink-escape"));
        assert_eq!(rule("120000", 9, Some("../etc")), None);
        assert_eq!(rule("120000", 9, Some("/etc/passwd")), Some("file.symlink-escape"));
        assert_eq!(rule("120000", 9, Some("../.git/config")), Some("file.symlink-escape"));
        assert_eq!(rule("040000", 9, None), Some("file.mode"));
    }

    #[test]
    fn one_file_over_the_limit_is_too_many() {
        let file = ChangedFile { path: "a".into(), new: None, bytes: 0, link: None };
        let limits = Limits { scope: None, files: 2, file_bytes: 100 };
        let count = |n| check(&Change { files: vec![file.clone(); n] }, &limits).len();
        assert_eq!((count(2), count(3)), (0, 1));
    }
}
