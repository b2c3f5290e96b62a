//! Who may use whom: il-core <- il-ci, il-net <- il-forge, il-worker <- tools; no tool uses a tool.

use super::{files, read};

const LAYERS: [&[&str]; 3] = [&["il-core"], &["il-ci", "il-net"], &["il-forge", "il-worker"]];

fn layer(name: &str) -> usize {
    LAYERS.iter().position(|names| names.contains(&name)).unwrap_or(LAYERS.len())
}

#[test]
fn a_crate_uses_only_crates_below_it() {
    let mut seen = 0;
    for manifest in files("tools", "Cargo.toml") {
        let toml: toml::Table = read(&manifest).parse().unwrap();
        let name = toml["package"]["name"].as_str().unwrap().to_owned();
        for part in ["dependencies", "dev-dependencies", "build-dependencies"] {
            let used = toml.get(part).and_then(toml::Value::as_table).cloned().unwrap_or_default();
            for used in used.keys().filter(|used| used.starts_with("il-")) {
                assert!(layer(used) < layer(&name), "{name} must not use {used}");
                seen += 1;
            }
        }
    }
    assert!(seen >= 10, "the guard looked at nothing");
}

#[test]
fn every_crate_takes_its_versions_and_lints_from_the_workspace() {
    for manifest in files("tools", "Cargo.toml") {
        let toml: toml::Table = read(&manifest).parse().unwrap();
        assert_eq!(toml["lints"]["workspace"].as_bool(), Some(true), "{}", manifest.display());
        for part in ["dependencies", "dev-dependencies"] {
            for (name, value) in toml.get(part).and_then(toml::Value::as_table).into_iter().flatten() {
                let shared = value.get("workspace").and_then(toml::Value::as_bool);
                assert_eq!(shared, Some(true), "{}: {name}", manifest.display());
            }
        }
    }
}

#[test]
fn heavy_libraries_stay_where_they_are_needed() {
    for (library, users) in
        [("granit-parser", &["il-ci"][..]), ("serde-saphyr", &["il-core"]), ("regex", &["il-ci"])]
    {
        for manifest in files("tools", "Cargo.toml") {
            let toml: toml::Table = read(&manifest).parse().unwrap();
            let name = toml["package"]["name"].as_str().unwrap();
            let uses = toml.get("dependencies").is_some_and(|all| all.get(library).is_some());
            assert!(!uses || users.contains(&name), "{name} uses {library}");
        }
    }
}
