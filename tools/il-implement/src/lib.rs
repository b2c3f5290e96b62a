//! `il-implement`: does what was accepted.
//!
//! Reads candidate lines; adds `implement` to the accepted ones and passes the
//! others on. Refuses a change outside its scope, and anything a gate objects
//! to. Exit 0 done (statuses are data); 1 when lines could not be read; 2 wrong
//! use or configuration; 130 interrupted.

mod args;
mod attempt;
mod describe;
mod evidence;
mod gates;
mod publish;
mod recipes;
mod task;
mod workshop;
mod worktree;

pub use args::Args;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use il_core::cli::{Context, Io};
use il_core::exit::Exit;
use il_core::interrupt;
use il_core::lines::Writer;
use il_core::member::{Implement, Reason, Status};
use il_core::say::{Say, Style};
use il_core::session::Session;

use crate::task::{Task, Work};
use crate::workshop::Workshop;

/// Runs the tool.
///
/// # Errors
/// On wrong use or configuration, and when stdin or stdout fail.
pub fn run(args: Args, io: &mut Io, context: &Context) -> anyhow::Result<Exit> {
    let (session, mut tasks, exit) =
        Session::read(io, &args.common, &args.stream, &args.target, context, Task::read)?;
    let workshop = Workshop { session, now: context.now };
    let output = std::mem::replace(&mut io.output, Box::new(std::io::sink()));
    let mut writer = Writer::new(output);
    if args.common.dry_run {
        for task in tasks.iter().filter(|task| task.work(&args) != Work::Pass) {
            let how = task.recipe().map_or("no recipe", |recipe| &recipe.name);
            io.say.note(&format!("would implement `{}` ({how})", task.candidate.id));
        }
    } else {
        implement(&workshop, &mut tasks, &args);
    }
    for mut task in tasks {
        let goes_on = !args.common.dry_run && !interrupt::requested() && !writer.is_closed();
        if goes_on && task.work(&args) == Work::Publish {
            publish::publish(&workshop, &mut task);
        }
        report(&task, &mut io.say);
        if args.only.as_deref().is_none_or(|only| task.status().is_some_and(|status| status.word() == only)) {
            writer.write(&task.into_line())?;
            writer.flush()?;
        }
    }
    if interrupt::requested() {
        return Ok(Exit::Interrupted);
    }
    Ok(exit)
}

/// Attempts every accepted task, several at a time.
fn implement(workshop: &Workshop, tasks: &mut [Task], args: &Args) {
    let waiting: Vec<usize> = tasks
        .iter()
        .enumerate()
        .filter(|(_, task)| task.work(args) == Work::Attempt)
        .map(|(index, _)| index)
        .collect();
    let next = AtomicUsize::new(0);
    let done: Mutex<Vec<(usize, Implement)>> = Mutex::default();
    let shared = &*tasks;
    std::thread::scope(|scope| {
        for _ in 0..workshop.session.numbers().parallel.clamp(1, 64).min(waiting.len()) {
            scope.spawn(|| {
                while let Some(index) = waiting.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let outcome = if interrupt::requested() {
                        Implement::ended(Status::Interrupted, "none", None)
                    } else {
                        // A panic costs its own line, not the others'.
                        let attempt = AssertUnwindSafe(|| attempt::attempt(workshop, &shared[*index]));
                        catch_unwind(attempt).unwrap_or_else(|_| {
                            let detail = "the recipe panicked: please report it".to_owned();
                            let reason = Reason { rule: "panic".into(), detail };
                            Implement::ended(Status::WorkerFailed, "recipe", Some(reason))
                        })
                    };
                    if let Ok(mut done) = done.lock() {
                        done.push((*index, outcome));
                    }
                }
            });
        }
    });
    for (index, outcome) in done.into_inner().unwrap_or_default() {
        tasks[index].touched = true;
        tasks[index].implement = Some(outcome);
    }
}

fn report(task: &Task, say: &mut Say) {
    let Some(implement) = task.implement.as_ref().filter(|_| task.touched) else { return };
    let style = match implement.status {
        Status::Opened | Status::Ready => Style::Green,
        Status::NoChange | Status::AlreadyDone | Status::Deferred | Status::NeedsWorker => Style::Yellow,
        _ => Style::Red,
    };
    let word = say.paint(style, implement.status.word());
    let what = match (&implement.request, &implement.reason) {
        (Some(request), _) => request.url.clone(),
        (None, Some(reason)) => reason.detail.clone(),
        (None, None) => implement.branch.clone().unwrap_or_default(),
    };
    say.note(&format!("{} {word} {what}", task.candidate.id));
}
