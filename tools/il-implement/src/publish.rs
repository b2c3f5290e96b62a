//! From `ready` to `opened`: gates again, push, merge request.

use il_core::git::{Git, GitCommand};
use il_core::member::{Reason, Request, Status};
use il_core::text::single_line;
use il_forge::{ForgeError, NewRequest};

use crate::attempt::diff;
use crate::describe;
use crate::gates::{self, Gated};
use crate::task::Task;
use crate::workshop::Workshop;

/// Opens the merge request of a task that is ready.
pub fn publish(workshop: &Workshop, task: &mut Task) {
    let outcome = open(workshop, task);
    let Some(implement) = &mut task.implement else { return };
    task.touched = true;
    match outcome {
        Ok(request) => {
            implement.status = Status::Opened;
            implement.reason = None;
            implement.request = Some(request);
        }
        Err((status, reason)) => {
            implement.status = status;
            implement.reason = Some(reason);
        }
    }
}

fn open(workshop: &Workshop, task: &Task) -> Result<Request, (Status, Reason)> {
    // What cannot be published stays ready: a later run may try again.
    let stay = |rule: &str, detail: String| (Status::Ready, Reason { rule: rule.into(), detail });
    let alias = &task.candidate.target_repo;
    let opened = workshop.target(alias).map_err(|stop| stay("target", stop.message))?;
    let git = opened.mirror.git();
    let implement = task.implement.as_ref();
    let shas = implement.and_then(|done| Some((done.base_sha.as_deref()?, done.head_sha.as_deref()?)));
    let (base, head) = shas.ok_or_else(|| stay("line", "implement has no base_sha or head_sha".into()))?;
    ours(git, base, head, &opened.base.sha, &task.branch())
        .map_err(|why| (Status::GateBlocked, Reason { rule: "commit".into(), detail: why }))?;
    // Between the commit and now the line went through other hands.
    match gates::check(git, base, head, &task.candidate, &workshop.session.home.config.gates) {
        Ok(Gated::Clean(_)) => {}
        Ok(Gated::Blocked(results)) => {
            let detail = results.into_iter().find_map(|result| result.detail).unwrap_or_default();
            return Err((Status::GateBlocked, Reason { rule: "gate".into(), detail }));
        }
        Err(why) => return Err((Status::GateBlocked, Reason { rule: "gate".into(), detail: why })),
    }
    let text = diff(git, base, head).map_err(|error| stay("git", error.to_string()))?;
    let request = NewRequest {
        id: task.candidate.id.to_string(),
        key: task.key(),
        branch: task.branch(),
        head_sha: head.to_owned(),
        base_sha: base.to_owned(),
        base_branch: opened.base.branch.clone(),
        title: describe::title(task),
        description: describe::description(task, workshop.session.run_id()),
        diff: String::from_utf8_lossy(&text).into_owned(),
        worker: implement.map_or_else(String::new, |done| done.worker.clone()),
        at: workshop.now.to_string(),
    };
    let forge = workshop.forge(alias, &opened.source);
    let view = forge.open(git, &request).map_err(|error| match error {
        ForgeError::BranchTaken { .. } | ForgeError::RequestTaken { .. } => {
            (Status::Deferred, Reason { rule: "forge".into(), detail: error.to_string() })
        }
        error => stay("forge", error.to_string()),
    })?;
    Ok(Request { forge: forge.name().to_owned(), iid: view.iid, url: view.url })
}

/// Is `head` one commit of ours on `base`, and `base` a commit of the target's branch? The line
/// went through other hands.
fn ours(git: &Git, base: &str, head: &str, target: &str, branch: &str) -> Result<(), String> {
    let short = |sha: &str| single_line(sha, 64);
    for sha in [base, head] {
        if git.commit(sha).map_err(|error| error.to_string())?.as_deref() != Some(sha) {
            return Err(format!("our mirror has no commit `{}`", short(sha)));
        }
    }
    let own = git.commit(&format!("refs/heads/{branch}")).map_err(|error| error.to_string())?;
    if own.as_deref() != Some(head) {
        return Err(format!("`{}` is not what was committed for `{branch}`", short(head)));
    }
    let git_says = |command: GitCommand| command.output().map_err(|error| error.to_string());
    let parents = git
        .command(["rev-parse", "--verify", "--end-of-options", &format!("{head}^@")])
        .map_err(|error| error.to_string())
        .and_then(git_says)?;
    if String::from_utf8_lossy(&parents.stdout).trim() != base {
        return Err(format!("`{}` is not one commit on `{}`", short(head), short(base)));
    }
    let based = git
        .command(["merge-base", "--is-ancestor", base, target])
        .map_err(|error| error.to_string())
        .and_then(git_says)?;
    if based.succeeded() { Ok(()) } else { Err(format!("`{}` is not in the target's branch", short(base))) }
}
