//! Can each target be read, and what about it would break the harvest?

use il_core::mirror::{Base, Source};
use il_core::snapshot::Snapshot;

use il_core::home::Run;

use super::{Check, CheckResult, Outcome};

/// This check.
pub const CHECK: Check = Check { look };

fn look(run: &Run) -> Vec<CheckResult> {
    let mut results = Vec::new();
    for (alias, target) in &run.targets {
        let name = format!("target {alias}");
        let found = Source::open(alias.as_str(), &target.path)
            .and_then(|source| source.base(target.branch.as_deref()).map(|base| (source, base)));
        match found {
            Ok((source, base)) => results.push(contents(name, &source, &base)),
            Err(error) => {
                let mut result = CheckResult::new(name, Outcome::Failed, error.to_string());
                result.hint = error.hint();
                results.push(result);
            }
        }
    }
    if results.is_empty() {
        results.push(CheckResult::new("targets", Outcome::Failed, "there is no target"));
    }
    results
}

fn contents(name: String, source: &Source, base: &Base) -> CheckResult {
    let snapshot = match Snapshot::of(source.git(), &base.sha) {
        Ok(snapshot) => snapshot,
        Err(error) => return CheckResult::new(name, Outcome::Failed, error.to_string()),
    };
    if matches!(source.git().commit("refs/heads/improve-loop"), Ok(Some(_))) {
        let why = "it has a branch `improve-loop`, which stands in the way of `improve-loop/…`";
        let mut result = CheckResult::new(name, Outcome::Failed, why);
        result.hint = Some("git branch -m improve-loop something-else".into());
        return result;
    }
    let branch = base.branch.as_deref().unwrap_or("detached HEAD");
    let seen = format!(
        "{branch} at {}, {}",
        &base.sha[..10.min(base.sha.len())],
        il_core::text::count(snapshot.paths().count(), "file")
    );
    let attributes = snapshot.read(".gitattributes").unwrap_or_default();
    let mut warnings = Vec::new();
    // Our git reads no attributes: what a filter would have made of a file is not seen.
    if attributes.contains("filter=lfs") {
        warnings.push("LFS files are seen as pointers");
    } else if attributes.contains("filter=") {
        warnings.push("its filters are not run");
    }
    if snapshot.paths().any(|path| snapshot.entry(path).is_some_and(|entry| entry.mode == "160000")) {
        warnings.push("submodules are not looked into");
    }
    if base.branch.is_none() {
        warnings.push("no branch to merge into");
    }
    if warnings.is_empty() {
        return CheckResult::new(name, Outcome::Passed, seen);
    }
    CheckResult::new(name, Outcome::Warning, format!("{seen}; {}", warnings.join("; ")))
}
