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

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use il_core::cli::{Context, Io};
use il_core::exit::Exit;
use il_core::interrupt;
use il_core::lines::{Rejects, Writer};
use il_core::member::{Implement, Status};
use il_core::say::{Say, Style};

use crate::task::{Task, Work};
use crate::workshop::Workshop;

/// Runs the tool.
///
/// # Errors
/// On wrong use or configuration, and when stdin or stdout fail.
pub fn run(args: Args, io: &mut Io, context: &Context) -> anyhow::Result<Exit> {
    let mut rejects = Rejects::new(args.stream.rejects.clone());
    let lines = io.read_all(&mut rejects)?;
    let workshop = Workshop::open(&args, &lines, context, &mut rejects)?;
    let mut tasks = Vec::new();
    for numbered in lines {
        match Task::read(numbered.line.clone()) {
            Ok(task) => tasks.push(task),
            Err(error) => rejects.refuse(&mut io.say, &numbered, &error)?,
        }
    }
    if args.common.dry_run {
        for task in tasks.iter().filter(|task| task.work(&args) != Work::Pass) {
            let how = task.recipe().map_or("no recipe", |recipe| &recipe.name);
            io.say.note(&format!("would implement `{}` ({how})", task.candidate.id));
        }
        return Ok(rejects.exit());
    }
    implement(&workshop, &mut tasks, &args);
    if !args.no_publish && !interrupt::requested() {
        for task in &mut tasks {
            publish::publish(&workshop, task);
        }
    }
    report(&tasks, &mut io.say);
    let output = std::mem::replace(&mut io.output, Box::new(std::io::sink()));
    let mut writer = Writer::new(output);
    for task in tasks {
        if args.only.as_deref().is_none_or(|only| task.status().is_some_and(|status| status.word() == only)) {
            writer.write(&task.into_line())?;
        }
    }
    writer.flush()?;
    if interrupt::requested() {
        return Ok(Exit::Interrupted);
    }
    Ok(rejects.exit())
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
        for _ in 0..workshop.parallel.min(waiting.len()) {
            scope.spawn(|| {
                while let Some(index) = waiting.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let outcome = if interrupt::requested() {
                        Implement::ended(Status::Interrupted, "none", None)
                    } else {
                        attempt::attempt(workshop, &shared[*index])
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

fn report(tasks: &[Task], say: &mut Say) {
    for task in tasks.iter().filter(|task| task.touched) {
        let Some(implement) = &task.implement else { continue };
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
}
