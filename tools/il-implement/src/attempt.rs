//! One candidate from an accepted line to a gated commit.

use std::fs;
use std::path::Path;

use il_core::atomic;
use il_core::clock::Stopwatch;
use il_core::exit::Stop;
use il_core::git::{Git, GitError};
use il_core::interrupt;
use il_core::member::{Implement, Reason, Recipe, Status};
use il_core::mirror::Base;
use il_core::snapshot::Snapshot;
use il_forge::RequestState;

use crate::describe;
use crate::evidence;
use crate::gates::{self, Gated};
use crate::recipes::{self, Plan, Refused};
use crate::task::Task;
use crate::workshop::{Opened, Workshop};
use crate::worktree::{self, Worktree, WorktreeError};

/// Why an attempt ended without a commit.
struct Stopped(Status, Reason);

impl Stopped {
    fn new(status: Status, rule: &str, detail: impl ToString) -> Self {
        let detail = detail.to_string();
        Self(status, Reason { rule: rule.into(), detail })
    }
}

impl From<WorktreeError> for Stopped {
    fn from(error: WorktreeError) -> Self {
        let status = match error {
            WorktreeError::InTheWay(_) => Status::Deferred,
            _ => Status::WorkerFailed,
        };
        Self::new(status, "worktree", error)
    }
}

impl From<Stop> for Stopped {
    /// The target, or our own folder: the line can be tried again.
    fn from(stop: Stop) -> Self {
        Self::new(Status::Deferred, "target", stop.message)
    }
}

impl From<GitError> for Stopped {
    fn from(error: GitError) -> Self {
        Self::new(Status::WorkerFailed, "git", error)
    }
}

/// Implements one accepted candidate.
pub fn attempt(workshop: &Workshop, task: &Task) -> Implement {
    let watch = Stopwatch::start();
    let Some(recipe) = task.recipe() else {
        let reason = Reason {
            rule: "needs-worker".into(),
            detail: "no recipe is known, and there is no worker".into(),
        };
        return Implement::ended(Status::NeedsWorker, "none", Some(reason));
    };
    let mut implement = Implement::ended(Status::WorkerFailed, "recipe", None);
    implement.attempts = 1;
    implement.branch = Some(task.branch());
    match run(workshop, task, recipe, &mut implement) {
        Ok(()) => implement.status = Status::Ready,
        // Whatever failed while somebody stopped us may have failed because of that.
        Err(Stopped(..)) if interrupt::requested() => implement.status = Status::Interrupted,
        Err(Stopped(status, reason)) => {
            implement.status = status;
            implement.reason = Some(reason);
        }
    }
    // Milliseconds are enough for a person and keep the line short.
    implement.elapsed_seconds = (watch.elapsed().as_secs_f64() * 1e3).round() / 1e3;
    implement
}

fn run(workshop: &Workshop, task: &Task, recipe: &Recipe, implement: &mut Implement) -> Result<(), Stopped> {
    let (alias, id) = (&task.candidate.target_repo, &task.candidate.id);
    let opened = workshop.target(alias)?;
    let git = opened.mirror.git();
    implement.base_sha = Some(opened.base.sha.clone());
    implement.base_branch.clone_from(&opened.base.branch);
    let folder = workshop.worktree(alias, id)?;
    let scratch = folder.with_file_name(format!("{id}.work"));
    let lock = atomic::lock(&folder.with_file_name(format!("{id}.lock"))).map_err(disk)?;
    if lock.try_lock().is_err() {
        return Err(Stopped::new(Status::Deferred, "lock", "another il-implement is at it"));
    }
    not_open_already(workshop, task, &opened)?;
    let plan = plan(task, recipe, git, &opened.base)?;
    Worktree::check_free(git, &folder, &task.branch())?;
    let tree = Worktree::create(git, &scratch, &opened.base.sha)?;
    let result = make(workshop, task, &plan, &tree, &opened, implement);
    // A recipe can be repeated at any time: nothing is lost with its folder.
    tree.remove()?;
    result?;
    // What stays for inspection is made afresh from our commit: it cannot bite.
    Worktree::leave(git, &folder, &task.branch())?;
    implement.worktree = Some(folder);
    Ok(())
}

fn disk(error: std::io::Error) -> Stopped {
    Stopped::new(Status::WorkerFailed, "disk", error)
}

/// A request that is open, or was turned down, is not made a second time.
fn not_open_already(workshop: &Workshop, task: &Task, opened: &Opened) -> Result<(), Stopped> {
    let forge = workshop.forge(&task.candidate.target_repo, &opened.source);
    let requests = forge.list().map_err(|error| Stopped::new(Status::Deferred, "forge", error))?;
    let branch = task.branch();
    let Some(request) = requests.iter().rev().find(|request| request.branch == branch) else {
        return Ok(());
    };
    let word = match request.state {
        RequestState::Open => "is open",
        RequestState::Closed => "was turned down",
        // Merged, and the branch is gone: what is found again is new.
        RequestState::Merged if request.branch_sha.is_none() => return Ok(()),
        RequestState::Merged => "was merged",
    };
    let detail = format!("merge request {} for `{branch}` {word}: {}", request.iid, request.url);
    Err(Stopped::new(Status::AlreadyDone, "request", detail))
}

fn plan(task: &Task, recipe: &Recipe, git: &Git, base: &Base) -> Result<Plan, Stopped> {
    let snapshot = Snapshot::of(git, &base.sha)?;
    let pieces = task.discover.as_ref().map_or(&[][..], |discover| &discover.evidence);
    let gone = evidence::gone(pieces, &snapshot);
    let planned = recipes::plan(recipe, &snapshot);
    if let Some(problem) = snapshot.problem() {
        return Err(Stopped::new(Status::Deferred, "target", problem));
    }
    if let Some(gone) = gone {
        return Err(Stopped::new(Status::AlreadyDone, "evidence", gone));
    }
    match planned {
        Some(Ok(plan)) => Ok(plan),
        Some(Err(Refused::AlreadyDone(why))) => Err(Stopped::new(Status::AlreadyDone, "recipe", why)),
        Some(Err(Refused::No(why))) => Err(Stopped::new(Status::WorkerFailed, "recipe", why)),
        None => {
            let why = format!("no recipe is called `{}`", il_core::text::single_line(&recipe.name, 60));
            Err(Stopped::new(Status::NeedsWorker, "recipe", why))
        }
    }
}

/// Edits, harvests, commits, gates; afterwards the branch exists in our mirror.
fn make(
    workshop: &Workshop,
    task: &Task,
    plan: &Plan,
    tree: &Worktree<'_>,
    opened: &Opened,
    implement: &mut Implement,
) -> Result<(), Stopped> {
    let git = opened.mirror.git();
    let base = &opened.base.sha;
    for (path, text) in &plan.files {
        tree.write(path, text)?;
    }
    let harvested = tree.harvest(base)?;
    if harvested == worktree::tree_of(git, base)? {
        return Err(Stopped::new(Status::NoChange, "harvest", "the recipe changed nothing"));
    }
    let message = describe::commit_message(task, &plan.effects);
    let head = worktree::commit(git, &harvested, base, &message, workshop.now)?;
    match gates::check(git, base, &head, &task.candidate, &workshop.session.home.config.gates) {
        Ok(Gated::Clean(results)) => implement.gates = results,
        Ok(Gated::Blocked(results)) => {
            let is_scope = results.iter().any(|result| result.gate == "scope");
            let detail =
                results.iter().filter_map(|result| result.detail.clone()).collect::<Vec<_>>().join("; ");
            implement.gates = results;
            let status = if is_scope { Status::OutOfScope } else { Status::GateBlocked };
            return Err(Stopped::new(status, "gate", detail));
        }
        Err(why) => return Err(Stopped::new(Status::GateBlocked, "gate", why)),
    }
    let reference = format!("refs/heads/{}", task.branch());
    git.command(["update-ref", "--no-deref", &reference, &head])?.run()?;
    implement.head_sha = Some(head.clone());
    implement.checks.clone_from(&plan.checks);
    implement.effects.clone_from(&plan.effects);
    if let Some(folder) = workshop.record(&task.candidate.target_repo, &task.candidate.id)? {
        record(git, &folder, base, &head, &task.branch())?;
    }
    Ok(())
}

/// Leaves the diff and a bundle of the branch in the run's folder.
fn record(git: &Git, folder: &Path, base: &str, head: &str, branch: &str) -> Result<(), Stopped> {
    fs::create_dir_all(folder).map_err(disk)?;
    let diff = diff(git, base, head)?;
    atomic::write(&folder.join("diff.patch"), &diff).map_err(disk)?;
    let bundle = folder.join("branch.bundle");
    git.command(["bundle", "create", "--quiet"])?
        .arg(bundle)
        .arg(format!("{base}..refs/heads/{branch}"))
        .run()?;
    Ok(())
}

/// The unified diff between two commits, with nothing of the repo run to make it.
///
/// # Errors
/// When git fails.
pub fn diff(git: &Git, base: &str, head: &str) -> Result<Vec<u8>, GitError> {
    git.command([
        "diff",
        "--binary",
        "--no-ext-diff",
        "--no-textconv",
        "--no-renames",
        "--no-color",
        base,
        head,
        "--",
    ])?
    .run()
}
