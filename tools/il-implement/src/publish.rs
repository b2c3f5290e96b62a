//! From `ready` to `opened`: gates again, push, merge request.

use il_core::member::{Reason, Request, Status};
use il_forge::{ForgeError, NewRequest};

use crate::attempt::diff;
use crate::describe;
use crate::gates::{self, Gated};
use crate::task::Task;
use crate::workshop::Workshop;

/// Opens the merge request of a task that is ready; leaves all others alone.
pub fn publish(workshop: &Workshop, task: &mut Task) {
    if task.status() != Some(Status::Ready) {
        return;
    }
    let outcome = open(workshop, task);
    let Some(implement) = &mut task.implement else { return };
    task.touched = true;
    match outcome {
        Ok(request) => {
            implement.status = Status::Opened;
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
    let opened = workshop.target(alias).map_err(|why| stay("target", why))?;
    let git = opened.mirror.git();
    let implement = task.implement.as_ref();
    let shas = implement.and_then(|done| Some((done.base_sha.as_deref()?, done.head_sha.as_deref()?)));
    let (base, head) = shas.ok_or_else(|| stay("line", "implement has no base_sha or head_sha".into()))?;
    for sha in [base, head] {
        let known = git.commit(sha).map_err(|error| stay("git", error.to_string()))?;
        if known.as_deref() != Some(sha) {
            return Err(stay(
                "mirror",
                format!("our mirror has no commit `{}`", il_core::text::single_line(sha, 64)),
            ));
        }
    }
    // Between the commit and now the line went through other hands.
    match gates::check(git, base, head, &task.candidate, &workshop.limits) {
        Ok(Gated::Clean(_)) => {}
        Ok(Gated::Blocked(results)) => {
            let detail = results.into_iter().find_map(|result| result.detail).unwrap_or_default();
            return Err((Status::GateBlocked, Reason { rule: "gate".into(), detail }));
        }
        Err(why) => return Err((Status::GateBlocked, Reason { rule: "gate".into(), detail: why })),
    }
    let text = diff(git, base, head).map_err(|error| stay("git", error.to_string()))?;
    let body = git
        .command(["log", "-1", "--no-decorate", "--format=%b", head])
        .and_then(il_core::git::GitCommand::text)
        .map_err(|error| stay("git", error.to_string()))?;
    // Our own commit says what the recipe did, one line each.
    let effects: Vec<_> = body.lines().filter_map(|line| line.strip_prefix("- ")).collect();
    let request = NewRequest {
        id: task.candidate.id.to_string(),
        key: task.key(),
        branch: task.branch(),
        head_sha: head.to_owned(),
        base_sha: base.to_owned(),
        base_branch: implement.and_then(|done| done.base_branch.clone()),
        title: describe::title(task),
        description: describe::description(task, &effects, workshop.run.as_ref()),
        diff: String::from_utf8_lossy(&text).into_owned(),
        at: workshop.now.to_string(),
    };
    let forge = workshop.forge(alias, &opened.source).map_err(|why| stay("forge", why))?;
    let view = forge.open(git, &request).map_err(|error| match error {
        ForgeError::BranchTaken { .. } => {
            (Status::Deferred, Reason { rule: "forge".into(), detail: error.to_string() })
        }
        error => stay("forge", error.to_string()),
    })?;
    Ok(Request { forge: forge.name().to_owned(), iid: view.iid, url: view.url })
}
