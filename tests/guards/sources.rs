//! Size and shape of the sources.

use super::{files, production, read};

#[test]
fn no_file_has_more_than_450_lines_of_production_code() {
    for path in files("tools", ".rs") {
        let lines = production(&read(&path)).lines().count();
        assert!(lines <= 450, "{}: {lines} lines", path.display());
    }
}

#[test]
fn main_is_at_most_fifteen_lines() {
    for path in files("tools", "src/main.rs") {
        let lines = read(&path).lines().count();
        assert!(lines <= 15, "{}: {lines} lines", path.display());
    }
}

#[test]
fn processes_time_and_environment_are_touched_in_their_one_module() {
    let allowed = ["process.rs", "clock.rs", "environment.rs", "cli.rs"];
    for path in files("tools", ".rs") {
        let text = read(&path);
        let switched_off = text.contains("allow(clippy::disallowed_methods)");
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let is_core = path.starts_with("tools/lib/il-core/src");
        assert!(!switched_off || (is_core && allowed.contains(&name.as_str())), "{}", path.display());
        for word in
            ["allow(unsafe_code)", "allow(clippy::unwrap_used)", "allow(dead_code)", "allow(clippy::all)"]
        {
            assert!(!text.contains(word), "{}: {word}", path.display());
        }
    }
}

#[test]
fn the_top_level_is_fixed() {
    let allowed = [
        "Cargo.toml",
        "Cargo.lock",
        "Justfile",
        "README.md",
        "LICENSE",
        "CHANGELOG.md",
        "clippy.toml",
        "rustfmt.toml",
        "schemas",
        "scripts",
        "tests",
        "tools",
        "target",
    ];
    for entry in std::fs::read_dir(il_tests::project()).unwrap() {
        let name = entry.unwrap().file_name().to_string_lossy().into_owned();
        assert!(
            name.starts_with('.') || allowed.contains(&name.as_str()),
            "{name} does not belong at the top"
        );
    }
}

#[test]
fn nothing_can_merge() {
    // The word may be said; a git subcommand or a function of that name may not exist.
    for path in files("tools", ".rs") {
        let text = read(&path);
        for line in production(&text).lines().map(str::trim) {
            let code = line.split("//").next().unwrap_or_default();
            assert!(!code.contains("\"merge\""), "{}: {line}", path.display());
            assert!(!code.contains("fn merge("), "{}: {line}", path.display());
        }
    }
}

#[test]
fn the_programs_do_not_know_that_tests_exist() {
    for path in files("tools", ".rs") {
        let text = read(&path);
        for word in ["IL_TEST", "IL_SKIPS", "il_tests", "cfg(feature = \"test"] {
            assert!(!text.contains(word), "{}: {word}", path.display());
        }
    }
}
