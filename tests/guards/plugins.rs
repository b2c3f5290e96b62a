//! A plug-in is one file plus one line in its list.

use super::{files, read};

/// The folder of the plug-ins and the file with their list.
const LISTS: [(&str, &str); 6] = [
    ("tools/il-discover/src/scouts", "tools/il-discover/src/scouts.rs"),
    ("tools/il-discover/src/scouts/ci/rules", "tools/il-discover/src/scouts/ci/rules.rs"),
    ("tools/il-preflight/src/checks", "tools/il-preflight/src/checks.rs"),
    ("tools/il-triage/src/rules", "tools/il-triage/src/rules.rs"),
    ("tools/il-gate/src/gates", "tools/il-gate/src/gates.rs"),
    ("tools/il-implement/src/recipes", "tools/il-implement/src/recipes.rs"),
];

#[test]
fn folder_and_list_agree() {
    for (folder, list) in LISTS {
        let text = read(list);
        let all = text.split_once("pub const ALL").unwrap().1.split_once("];").unwrap().0;
        let depth = folder.split('/').count() + 1;
        let mut names: Vec<String> = files(folder, ".rs")
            .iter()
            .filter(|path| path.components().count() == depth)
            .map(|path| path.file_stem().unwrap().to_string_lossy().into_owned())
            .collect();
        names.sort();
        let mut listed: Vec<String> = all
            .split([',', '[', '&', ' ', '\n', ';', '='])
            .filter_map(|word| word.split_once("::"))
            .map(|(name, _)| name.to_owned())
            .collect();
        listed.sort();
        assert_eq!(names, listed, "{list}");
    }
}

#[test]
fn fixes_and_domains_are_listed_too() {
    let fixes: Vec<_> = files("tools/lib/il-ci/src/fixes", ".rs");
    assert_eq!(fixes.len(), il_ci::fixes::ALL.len());
    for fix in fixes {
        let name = fix.file_stem().unwrap().to_string_lossy().replace('_', "-");
        assert!(il_ci::fixes::ALL.iter().any(|planner| planner.name == name), "{name}");
    }
    let scouts = read("tools/il-discover/src/scouts.rs");
    for domain in il_core::domains::BUILT_IN {
        assert!(
            scouts.contains(&format!("{domain}::SCOUT")),
            "il-preflight hands out `{domain}`, which no scout takes"
        );
    }
    assert_eq!(scouts.matches("::SCOUT").count(), il_core::domains::BUILT_IN.len());
}
