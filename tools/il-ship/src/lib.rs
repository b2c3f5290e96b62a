//! `il-ship`: is it green, and who should look?
//!
//! Reads candidate lines; adds `ship` to those with an open merge request and
//! passes the others on. Refuses to call anything green that it did not see
//! pass. Exit 0 done (verdicts are data); 1 when lines could not be read; 2
//! wrong use or configuration; 130 interrupted.

mod args;
mod judge;
mod memory;
mod pipeline;
mod shipyard;
mod task;

pub use args::Args;

use il_core::cli::{Context, Io};
use il_core::exit::Exit;
use il_core::interrupt;
use il_core::lines::Writer;
use il_core::member::ShipVerdict;
use il_core::say::{Say, Style};
use il_core::session::Session;

use crate::memory::Memory;
use crate::shipyard::Shipyard;
use crate::task::Task;

/// Runs the tool.
///
/// # Errors
/// On wrong use or configuration, and when stdin, stdout or the state file fail.
pub fn run(args: Args, io: &mut Io, context: &Context) -> anyhow::Result<Exit> {
    let (session, mut tasks, exit) =
        Session::read(io, &args.common, &args.stream, &args.target, context, Task::read)?;
    let unsafe_no_sandbox = args.unsafe_no_sandbox;
    let shipyard = Shipyard { session, unsafe_no_sandbox, now: context.now };
    // Before anything is labelled or closed: what cannot be remembered is not done.
    let is_needed = !args.common.dry_run && tasks.iter().any(Task::is_waiting);
    let memory = if is_needed { Memory::open(&shipyard)? } else { None };
    let output = std::mem::replace(&mut io.output, Box::new(std::io::sink()));
    let mut writer = Writer::new(output);
    for task in &mut tasks {
        let wanted = task.is_waiting() && !interrupt::requested() && !writer.is_closed();
        if wanted && args.common.dry_run {
            io.say.note(&format!("would judge `{}`", task.candidate.id));
        } else if wanted {
            judge::judge(&shipyard, task, &mut io.say);
        }
        if args
            .only
            .as_deref()
            .is_none_or(|only| task.verdict().is_some_and(|verdict| verdict.word() == only))
        {
            writer.write(&task.line())?;
            writer.flush()?;
        }
    }
    report(&tasks, &mut io.say);
    if let Some(memory) = memory {
        memory.remember(&shipyard, &tasks)?;
    }
    if interrupt::requested() {
        return Ok(Exit::Interrupted);
    }
    Ok(exit)
}

fn report(tasks: &[Task], say: &mut Say) {
    for task in tasks.iter().filter(|task| task.touched) {
        let Some(ship) = &task.ship else { continue };
        let style = match ship.verdict {
            ShipVerdict::AutoMergeable => Style::Green,
            ShipVerdict::Failed => Style::Red,
            _ => Style::Yellow,
        };
        let word = say.paint(style, ship.verdict.word());
        say.note(&format!("{} {word}: {}", task.candidate.id, ship.note));
    }
}
