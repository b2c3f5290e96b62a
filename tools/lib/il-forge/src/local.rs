//! The forge without a server: a branch in the target's repo and a folder of request files.
//!
//! `<folder>/<iid>.json` is the request; `<folder>/<iid>-<id>.md` is written
//! from it for people. The target's checkout, index and configuration are never
//! touched; the only thing that appears in its repo is our branch.

use std::ffi::OsString;
use std::fs::{self, File};
use std::path::{Path, PathBuf};

use il_core::atomic;
use il_core::git::{Git, far_end};
use il_core::home::{FOLDER, Home};
use il_core::id::Alias;
use il_core::mirror::Source;
use serde::{Deserialize, Serialize};

use crate::{Forge, ForgeError, NewRequest, RequestState, RequestView};

/// Requests of one target.
pub struct LocalForge {
    folder: PathBuf,
    target: Git,
}

/// What `<iid>.json` holds.
#[derive(Debug, Deserialize, Serialize)]
struct Record {
    iid: u64,
    state: RequestState,
    id: String,
    key: String,
    branch: String,
    base_branch: Option<String>,
    base_sha: String,
    head_sha: String,
    title: String,
    description: String,
    labels: Vec<String>,
    notes: Vec<String>,
    diff: String,
    worker: String,
    opened_at: String,
}

impl LocalForge {
    /// The requests of a target, kept in the home repo.
    #[must_use]
    pub fn of(home: &Home, alias: &Alias, target: &Source) -> Self {
        Self::new(home.folder.join(FOLDER).join("requests").join(alias.as_str()), target.git().clone())
    }

    /// The requests in `folder` for the repo `target`.
    #[must_use]
    pub fn new(folder: PathBuf, target: Git) -> Self {
        Self { folder, target }
    }

    fn records(&self) -> Result<Vec<Record>, ForgeError> {
        let entries = match fs::read_dir(&self.folder) {
            Ok(entries) => entries,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(disk(&self.folder, error)),
        };
        let mut records = Vec::new();
        for entry in entries {
            let path = entry.map_err(|error| disk(&self.folder, error))?.path();
            if path.extension().is_some_and(|extension| extension == "json") {
                records.push(read(&path)?);
            }
        }
        records.sort_by_key(|record| record.iid);
        Ok(records)
    }

    fn view(&self, record: &Record) -> Result<RequestView, ForgeError> {
        let branch_sha = self.target.commit(&format!("refs/heads/{}", record.branch))?;
        Ok(RequestView {
            iid: record.iid,
            url: self.markdown(record).display().to_string(),
            state: self.state(record, branch_sha.as_deref())?,
            id: record.id.clone(),
            key: record.key.clone(),
            branch: record.branch.clone(),
            head_sha: record.head_sha.clone(),
            branch_sha,
            labels: record.labels.clone(),
            worker: record.worker.clone(),
        })
    }

    /// A person merges or deletes the branch with git: that is how it shows here.
    fn state(&self, record: &Record, branch_sha: Option<&str>) -> Result<RequestState, ForgeError> {
        if record.state != RequestState::Open {
            return Ok(record.state);
        }
        if let Some(base) = &record.base_branch {
            let base = format!("refs/heads/{base}");
            let merged =
                self.target.command(["merge-base", "--is-ancestor", &record.head_sha, &base])?.output()?;
            if merged.succeeded() {
                return Ok(RequestState::Merged);
            }
        }
        Ok(match branch_sha {
            Some(_) => RequestState::Open,
            None => RequestState::Closed,
        })
    }

    fn markdown(&self, record: &Record) -> PathBuf {
        self.folder.join(format!("{}-{}.md", record.iid, record.id))
    }

    fn write(&self, record: &Record) -> Result<(), ForgeError> {
        let path = self.folder.join(format!("{}.json", record.iid));
        let text = serde_json::to_vec_pretty(record).expect("our own types serialise");
        atomic::write(&path, &text).map_err(|error| disk(&path, error))?;
        let path = self.markdown(record);
        atomic::write(&path, page(record).as_bytes()).map_err(|error| disk(&path, error))
    }

    fn change(&self, iid: u64, change: impl FnOnce(&mut Record)) -> Result<(), ForgeError> {
        let _lock = self.lock()?;
        let path = self.folder.join(format!("{iid}.json"));
        if !path.exists() {
            return Err(ForgeError::NotFound { iid });
        }
        let mut record = read(&path)?;
        change(&mut record);
        self.write(&record)
    }

    fn lock(&self) -> Result<File, ForgeError> {
        let path = self.folder.join("lock");
        let file = atomic::lock(&path).map_err(|error| disk(&path, error))?;
        file.lock().map_err(|error| disk(&path, error))?;
        Ok(file)
    }

    /// Creates our branch in the target's repo; it must not exist.
    fn push(&self, mirror: &Git, request: &NewRequest) -> Result<(), ForgeError> {
        let reference = format!("refs/heads/{}", request.branch);
        mirror
            .command(["push", "--quiet", "--no-verify", "--no-follow-tags", "--no-recurse-submodules"])?
            .arg(format!("--receive-pack={}", far_end("receive-pack")))
            // An empty expected value: the push fails when the branch is there (git-push(1)).
            .arg(format!("--force-with-lease={reference}:"))
            .arg("--")
            .arg(OsString::from(self.target.git_dir()))
            .arg(format!("{}:{reference}", request.head_sha))
            .run()?;
        Ok(())
    }
}

impl Forge for LocalForge {
    fn name(&self) -> &'static str {
        "local"
    }

    fn open(&self, mirror: &Git, request: &NewRequest) -> Result<RequestView, ForgeError> {
        let _lock = self.lock()?;
        let records = self.records()?;
        let known = records.iter().rev().find(|record| record.branch == request.branch);
        let there = self.target.commit(&format!("refs/heads/{}", request.branch))?;
        match (known, there) {
            (Some(record), Some(_)) => {
                let view = self.view(record)?;
                let why = if view.head_sha != request.head_sha {
                    "holds another commit"
                } else if view.state != RequestState::Open {
                    "is no longer open"
                } else {
                    return Ok(view);
                };
                return Err(ForgeError::RequestTaken { iid: view.iid, branch: view.branch, why });
            }
            (None, Some(sha)) if sha != request.head_sha => {
                return Err(ForgeError::BranchTaken { branch: request.branch.clone() });
            }
            (_, Some(_)) => {}
            (_, None) => self.push(mirror, request)?,
        }
        let record = Record {
            iid: records.last().map_or(1, |record| record.iid + 1),
            state: RequestState::Open,
            id: request.id.clone(),
            key: request.key.clone(),
            branch: request.branch.clone(),
            base_branch: request.base_branch.clone(),
            base_sha: request.base_sha.clone(),
            head_sha: request.head_sha.clone(),
            title: request.title.clone(),
            description: request.description.clone(),
            labels: Vec::new(),
            notes: Vec::new(),
            diff: request.diff.clone(),
            worker: request.worker.clone(),
            opened_at: request.at.clone(),
        };
        self.write(&record)?;
        self.view(&record)
    }

    fn list(&self) -> Result<Vec<RequestView>, ForgeError> {
        self.records()?.iter().map(|record| self.view(record)).collect()
    }

    fn judge(&self, iid: u64, labels: &[&str], note: &str) -> Result<(), ForgeError> {
        self.change(iid, |record| {
            record.labels = labels.iter().map(|label| (*label).to_owned()).collect();
            add_note(record, note);
        })
    }

    fn close(&self, iid: u64, note: &str) -> Result<(), ForgeError> {
        self.change(iid, |record| {
            record.state = RequestState::Closed;
            record.labels.clear();
            add_note(record, note);
        })
    }
}

/// The same note twice says nothing new.
fn add_note(record: &mut Record, note: &str) {
    if !record.notes.iter().any(|old| old == note) {
        record.notes.push(note.to_owned());
    }
}

fn read(path: &Path) -> Result<Record, ForgeError> {
    let text = fs::read_to_string(path).map_err(|error| disk(path, error))?;
    serde_json::from_str(&text).map_err(|error| disk(path, error))
}

fn disk(path: &Path, why: impl std::fmt::Display) -> ForgeError {
    ForgeError::Disk { path: path.display().to_string(), why: why.to_string() }
}

/// The page that a person reads.
fn page(record: &Record) -> String {
    let state = match record.state {
        RequestState::Open => "open",
        RequestState::Merged => "merged",
        RequestState::Closed => "closed",
    };
    let into = record.base_branch.as_deref().unwrap_or("HEAD");
    let labels = if record.labels.is_empty() { "none".into() } else { record.labels.join(", ") };
    let mut page = format!(
        "# {}\n\n{state} · `{}` into `{into}` · labels: {labels} · opened {}\n\n{}\n",
        record.title, record.branch, record.opened_at, record.description
    );
    for note in &record.notes {
        page.push_str(&format!("\n## Note\n\n{note}\n"));
    }
    // Longer than any fence inside the diff.
    let longest = record.diff.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest.max(2) + 1);
    page.push_str(&format!(
        "\n## Diff\n\nMerge it with `git merge {}`, drop it with `git branch -D {}`.\n\n{fence}diff\n{}{fence}\n",
        record.branch, record.branch, record.diff
    ));
    page
}

#[cfg(test)]
mod tests {
    use super::*;
    use il_core::mirror::Mirror;

    fn git(folder: &Path, args: &[&str]) -> String {
        Git::discover(folder)
            .unwrap()
            .command(["-c", "user.name=t", "-c", "user.email=t@example.com"])
            .unwrap()
            .args(args.iter().copied())
            .text()
            .unwrap()
            .trim()
            .to_owned()
    }

    struct World {
        _folder: tempfile::TempDir,
        target: PathBuf,
        mirror: Mirror,
        forge: LocalForge,
        request: NewRequest,
    }

    fn world() -> World {
        let folder = tempfile::tempdir().unwrap();
        let target = folder.path().join("ta rget");
        fs::create_dir(&target).unwrap();
        il_core::process::Program::new("git")
            .unwrap()
            .args(["init", "-q", "-b", "main"])
            .arg(&target)
            .run()
            .unwrap();
        let tree = &git(&target, &["mktree"]);
        git(&target, &["update-ref", "refs/heads/main", &git(&target, &["commit-tree", "-m", "x", tree])]);
        let source = Source::open("t", &target).unwrap();
        let base = source.base(None).unwrap();
        let mirror = Mirror::refresh(&folder.path().join("m.git"), &source, &base).unwrap();
        let ours = mirror
            .git()
            .command([
                "-c",
                "user.name=t",
                "-c",
                "user.email=t@example.com",
                "commit-tree",
                "-m",
                "y",
                "-p",
                &base.sha,
                tree,
            ])
            .unwrap()
            .text()
            .unwrap();
        let request = NewRequest {
            id: "a".into(),
            key: "t/k/a".into(),
            branch: "improve-loop/a".into(),
            head_sha: ours.trim().into(),
            base_sha: base.sha,
            base_branch: base.branch,
            title: "ci: x".into(),
            description: "d".into(),
            diff: "+```\n".into(),
            worker: "recipe".into(),
            at: "2026-01-01T00:00:00Z".into(),
        };
        let forge = LocalForge::new(folder.path().join("requests"), source.git().clone());
        World { _folder: folder, target, mirror, forge, request }
    }

    #[test]
    fn opening_twice_finds_the_first() {
        let w = world();
        let first = w.forge.open(w.mirror.git(), &w.request).unwrap();
        let second = w.forge.open(w.mirror.git(), &w.request).unwrap();
        assert_eq!(first, second);
        assert_eq!(w.forge.list().unwrap().len(), 1);
        let other = NewRequest { head_sha: w.request.base_sha.clone(), ..w.request.clone() };
        let error = w.forge.open(w.mirror.git(), &other).unwrap_err();
        assert!(matches!(error, ForgeError::RequestTaken { .. }), "{error}");
        let page = fs::read_to_string(&first.url).unwrap();
        assert!(page.contains("````diff\n+```\n````"), "{page}");
    }

    #[test]
    fn a_branch_that_somebody_else_made_is_not_touched() {
        let w = world();
        git(&w.target, &["branch", "improve-loop/a", "main"]);
        let error = w.forge.open(w.mirror.git(), &w.request).unwrap_err();
        assert!(matches!(error, ForgeError::BranchTaken { .. }));
        assert_eq!(git(&w.target, &["rev-parse", "improve-loop/a"]), w.request.base_sha);
    }

    #[test]
    fn merging_or_deleting_the_branch_by_hand_is_seen() {
        let w = world();
        let state = || w.forge.get(1).unwrap().state;
        w.forge.open(w.mirror.git(), &w.request).unwrap();
        assert_eq!(state(), RequestState::Open);
        git(&w.target, &["update-ref", "refs/heads/main", &w.request.head_sha]);
        assert_eq!(state(), RequestState::Merged);
        git(&w.target, &["update-ref", "refs/heads/main", &w.request.base_sha]);
        git(&w.target, &["update-ref", "-d", "refs/heads/improve-loop/a"]);
        assert_eq!(state(), RequestState::Closed);
    }

    #[test]
    fn a_hook_of_the_target_is_not_run() {
        let w = world();
        let hook = w.target.join(".git/hooks/post-receive");
        fs::create_dir_all(hook.parent().unwrap()).unwrap();
        fs::write(&hook, format!("#!/bin/sh\ntouch '{}'\n", w.target.join("fired").display())).unwrap();
        fs::set_permissions(&hook, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
        w.forge.open(w.mirror.git(), &w.request).unwrap();
        assert!(!w.target.join("fired").exists());
    }
}
