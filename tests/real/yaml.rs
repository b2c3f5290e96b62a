//! PyYAML and zizmor as second and third opinion on what the fixes do.

use std::collections::BTreeMap;
use std::path::PathBuf;

use il_ci::fixes::{self, Fix};
use il_ci::gitlab::ROOT;
use il_tests::fixes::{requests, world};
use il_tests::{World, project};
use serde_json::{Value, json};

/// A folder of Python programs, named by scripts/test-real.
fn python(program: &str) -> PathBuf {
    let folder =
        std::env::var_os("IL_REAL_PYTHON").expect("run scripts/test-real: it installs what this needs");
    PathBuf::from(folder).join(program)
}

/// Every fix that applies to a sample: its name, its arguments, what it does.
fn all_fixes() -> Vec<(&'static str, Value, Fix)> {
    let folder =
        std::env::var_os("IL_CI_SAMPLES").map_or_else(|| project().join("tests/samples/ci"), PathBuf::from);
    let mut found = Vec::new();
    for (kind, path) in [("gitlab", ROOT), ("github", ".github/workflows/sample.yml")] {
        let mut entries: Vec<_> =
            std::fs::read_dir(folder.join(kind)).unwrap().map(|entry| entry.unwrap().path()).collect();
        entries.sort();
        for entry in entries {
            let text = std::fs::read_to_string(&entry).unwrap();
            let files = world(path, &text);
            for (name, arguments) in requests(path, &files) {
                if let Some(Ok(fix)) = fixes::plan(name, &files, &arguments) {
                    found.push((name, Value::Object(arguments), fix));
                }
            }
        }
    }
    found
}

#[test]
fn pyyaml_sees_exactly_the_intended_difference() {
    let world = World::new();
    let fixes = all_fixes();
    assert!(fixes.len() >= 20, "{}", fixes.len());
    let lines: String = fixes
        .iter()
        .map(|(name, arguments, fix)| {
            json!({"name": name, "arguments": arguments, "before": fix.before, "after": fix.after})
                .to_string()
                + "\n"
        })
        .collect();
    let script = project().join("tests/real/intended.py");
    let done = world.program(python("python")).arg(script).stdin(lines).run().expect(0);
    assert_eq!(done.stdout, format!("{} fixes, 0 surprises\n", fixes.len()), "{}", done.stderr);
}

#[test]
fn zizmor_finds_nothing_new_after_our_recipes() {
    let world = World::new();
    let mut checked = 0;
    for (name, _, fix) in all_fixes().into_iter().filter(|(name, _, _)| name.starts_with("github")) {
        let audit = |text: &str| -> Option<BTreeMap<String, usize>> {
            let file = world.write("repo/.github/workflows/w.yml", text);
            let args = ["--offline", "--no-exit-codes", "--format", "json", "--no-progress"];
            let done = world.program(python("zizmor")).args(args).arg(file).run();
            let findings: Vec<Value> = serde_json::from_str(&done.stdout).ok()?;
            let mut counts = BTreeMap::new();
            for finding in findings {
                *counts.entry(finding["ident"].as_str()?.to_owned()).or_insert(0) += 1;
            }
            Some(counts)
        };
        // What zizmor cannot model before, it has no opinion on.
        let Some(before) = audit(&fix.before) else { continue };
        let after =
            audit(&fix.after).unwrap_or_else(|| panic!("{name}: zizmor read it before and cannot now"));
        for (ident, count) in after {
            assert!(
                count <= before.get(&ident).copied().unwrap_or(0),
                "{name}: new {ident} in\n{}",
                fix.after
            );
        }
        checked += 1;
    }
    assert!(checked >= 10, "{checked}");
}
