//! The fixes on real CI files: nothing may crash, nothing may be lost.
//!
//! `samples/ci` holds public files under permissive licences (see its README).
//! `IL_CI_SAMPLES=DIR` runs the same over every `*.yml` and `*.yaml` below DIR.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use il_ci::edit::Refusal;
use il_ci::fixes::{self, Fix};
use il_ci::gitlab::{Pipeline, ROOT};
use il_ci::yaml::{At, Yaml};
use il_tests::fixes::{requests, world};
use il_tests::project;
use serde_json::{Map, Value};

/// What happened over all files.
#[derive(Debug, Default)]
struct Counts {
    files: usize,
    unparsed: Vec<String>,
    applied: BTreeMap<String, usize>,
    refused: BTreeMap<String, usize>,
    comments_kept: usize,
}

fn sample_files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut queue = vec![folder.to_owned()];
    while let Some(folder) = queue.pop() {
        for entry in std::fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.to_string_lossy().into_owned();
            if path.is_dir() {
                queue.push(path);
            } else if name.ends_with(".yml") || name.ends_with(".yaml") {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

fn check(name: &str, fix: &Fix, counts: &mut Counts) {
    let (before, after) = (Yaml::parse(fix.before.clone()).unwrap(), Yaml::parse(fix.after.clone()).unwrap());
    let comments = |yaml: &Yaml| -> Vec<String> {
        yaml.comments().iter().map(|range| yaml.text()[range.clone()].to_owned()).collect()
    };
    assert_eq!(comments(&before), comments(&after), "{name}: a comment is lost");
    counts.comments_kept += before.comments().len();
    assert_ne!(fix.before, fix.after, "{name}: nothing changed");
    only_intended_lines(name, fix);
    assert_eq!(fix.before.ends_with('\n'), fix.after.ends_with('\n'), "{name}: the end of the file changed");
    assert_eq!(fix.before.contains("\r\n"), fix.after.contains("\r\n"), "{name}: line breaks changed");
}

/// Lines that go are only those that the fix is about; every other line keeps its bytes and order.
fn only_intended_lines(name: &str, fix: &Fix) {
    for line in removed_lines(&fix.before, &fix.after) {
        let text = line.trim_start();
        let intended = match name {
            "gitlab-rules" => {
                ["only:", "except:", "when:", "refs:", "- ", "#"].iter().any(|start| text.starts_with(start))
                    || text.is_empty()
            }
            // A mapping in braces grows on its line.
            "github-cache" => text.starts_with("with: {"),
            _ => false,
        };
        assert!(intended, "{name}: `{line}` changed or moved in {}", fix.path);
    }
}

/// Lines of `before` that a longest common subsequence with `after` leaves out.
fn removed_lines<'a>(before: &'a str, after: &'a str) -> Vec<&'a str> {
    let (before, after): (Vec<_>, Vec<_>) = (before.lines().collect(), after.lines().collect());
    let head = before.iter().zip(&after).take_while(|(a, b)| a == b).count();
    let (before, after) = (&before[head..], &after[head..]);
    let tail = before.iter().rev().zip(after.iter().rev()).take_while(|(a, b)| a == b).count();
    let (before, after) = (&before[..before.len() - tail], &after[..after.len() - tail]);
    let width = after.len() + 1;
    let mut length = vec![0_u32; (before.len() + 1) * width];
    for i in (0..before.len()).rev() {
        for j in (0..after.len()).rev() {
            length[i * width + j] = if before[i] == after[j] {
                length[(i + 1) * width + j + 1] + 1
            } else {
                length[(i + 1) * width + j].max(length[i * width + j + 1])
            };
        }
    }
    let (mut i, mut j, mut removed) = (0, 0, Vec::new());
    while i < before.len() {
        if j < after.len() && before[i] == after[j] {
            (i, j) = (i + 1, j + 1);
        } else if j < after.len() && length[i * width + j + 1] >= length[(i + 1) * width + j] {
            j += 1;
        } else {
            removed.push(before[i]);
            i += 1;
        }
    }
    removed
}

fn sweep(folder: &Path) -> Counts {
    let mut counts = Counts::default();
    for file in sample_files(folder) {
        let text = std::fs::read_to_string(&file).unwrap();
        counts.files += 1;
        let is_github = file.components().any(|part| part.as_os_str() == "github");
        let path = if is_github { ".github/workflows/sample.yml" } else { ROOT };
        let files = world(path, &text);
        if let Err(error) = Yaml::parse(text.clone()) {
            counts.unparsed.push(format!("{}: {error}", file.file_name().unwrap().to_string_lossy()));
            continue;
        }
        for (name, arguments) in requests(path, &files) {
            match fixes::plan(name, &files, &arguments).unwrap() {
                Ok(fix) => {
                    check(name, &fix, &mut counts);
                    again(name, &files, &fix, &arguments);
                    *counts.applied.entry(name.to_owned()).or_default() += 1;
                }
                Err(Refusal::NotProven(why)) => panic!("{name} on {}: not proven: {why}", file.display()),
                Err(refusal) => {
                    assert!(!refusal.to_string().is_empty());
                    *counts.refused.entry(name.to_owned()).or_default() += 1;
                }
            }
        }
    }
    counts
}

/// A fix that was made is not made again.
fn again(name: &str, files: &BTreeMap<String, String>, fix: &Fix, arguments: &Map<String, Value>) {
    let mut files = files.clone();
    files.insert(fix.path.clone(), fix.after.clone());
    let second = fixes::plan(name, &files, arguments).unwrap();
    assert!(matches!(second, Err(Refusal::AlreadyDone(_))), "{name} twice on {}: {second:?}", fix.path);
}

#[test]
fn every_sample_parses_or_says_why_and_every_fix_changes_only_what_it_means_to() {
    let folder =
        std::env::var_os("IL_CI_SAMPLES").map_or_else(|| project().join("tests/samples/ci"), PathBuf::from);
    let counts = sweep(&folder);
    println!("{counts:#?}");
    assert!(counts.files >= 20, "{counts:?}");
    assert_eq!(counts.applied.len(), fixes::ALL.len(), "each fix applies somewhere: {counts:?}");
    assert!(counts.unparsed.iter().all(|why| why.contains("line ")), "{counts:?}");
}

#[test]
fn a_deeply_nested_or_hostile_file_is_refused_not_fatal() {
    for text in
        ["[".repeat(100_000), "a: ".repeat(50_000), format!("{}x", "- ".repeat(50_000)), "&a [*a]".into()]
    {
        let files = world(ROOT, &text);
        let pipeline = Pipeline::load(&files, ROOT).unwrap();
        assert!(pipeline.jobs().len() < 2);
        let _ = Yaml::parse(text).map(|yaml| yaml.root().map(At::end));
    }
}
