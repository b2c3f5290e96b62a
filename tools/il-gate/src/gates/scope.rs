//! `scope.*`: a change touches only what its candidate named.

use super::{Finding, Gate, Limits};
use crate::change::Change;

/// This gate.
pub const GATE: Gate = Gate { check };

fn check(change: &Change, limits: &Limits) -> Vec<Finding> {
    let Some(scope) = &limits.scope else { return Vec::new() };
    let outside = change.files.iter().filter(|file| !scope.contains(&file.path));
    outside
        .map(|file| Finding {
            rule: "scope.outside",
            path: file.path.clone(),
            what: format!(
                "{} outside the target paths",
                if file.new.is_some() { "changed" } else { "removed" }
            ),
            why: "a candidate may only touch what it was accepted for",
            fix: "file it as a candidate of its own",
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::change::{ChangedFile, Side};
    use il_core::paths::Scope;

    fn findings(path: &str, scope: Option<&str>) -> usize {
        let new = Some(Side { mode: "100644".into(), object: String::new() });
        let file = ChangedFile { path: path.into(), new, bytes: 1, link: None };
        let scope = scope.map(|glob| Scope::new(&[glob.parse().unwrap()]));
        let limits = Limits { scope, files: 9, file_bytes: 9 };
        check(&Change { files: vec![file] }, &limits).len()
    }

    #[test]
    fn a_path_outside_is_blocked_and_the_nearest_inside_passes() {
        assert_eq!(findings("ci-old/a.yml", Some("ci/")), 1);
        assert_eq!(findings("ci/a.yml", Some("ci/")), 0);
        assert_eq!(findings("anything", None), 0);
    }
}
