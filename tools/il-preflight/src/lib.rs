//! `il-preflight`: may we, where, how much?
//!
//! Reads nothing; writes assignment lines and begins a run. Refuses (exit 3)
//! when any check fails, with the reason as its last line; a check that could
//! not look has not passed. Exit 0 done; 2 wrong use or configuration.

mod args;
mod assign;
mod checks;

pub use args::Args;

use il_core::cli::{Context, Io};
use il_core::config::Mode;
use il_core::exit::Exit;
use il_core::home::{Home, Run, select_targets, which_run};
use il_core::lines::Writer;
use il_core::say::{Say, Style};

use crate::checks::{CheckResult, Outcome};

/// Runs the tool.
///
/// # Errors
/// On wrong use or configuration, and when the disk or stdout fail.
pub fn run(args: Args, io: &mut Io, context: &Context) -> anyhow::Result<Exit> {
    let home = Home::find(&args.common, context)?;
    let targets = select_targets(&args.target, &home.targets(), context)?;
    let intensity = args.intensity.unwrap_or(home.config.intensity);
    let run = Run {
        run: which_run(&args.common, &[])?.unwrap_or_else(|| Run::new_id(context.now)),
        started_at: context.now.to_string(),
        mode: args.mode.unwrap_or(home.config.mode),
        intensity,
        numbers: home.config.numbers(intensity).clone(),
        targets,
    };
    let results: Vec<CheckResult> = checks::ALL.iter().flat_map(|check| (check.look)(&run)).collect();
    table(&results, &mut io.say);
    if let Some(failed) = results.iter().find(|result| result.outcome == Outcome::Failed) {
        if let Some(hint) = &failed.hint {
            io.say.hint(hint);
        }
        io.say.error(&format!("{}: {}", failed.name, failed.detail));
        return Ok(Exit::Refused);
    }
    let assignments = assign::assignments(&args, &run, &mut io.say);
    let money = match run.mode {
        Mode::None => "spends nothing".to_owned(),
        mode => format!("mode {mode}, spends at most {}", run.numbers.ceiling_usd),
    };
    io.say.note(&format!(
        "run {}: {}, intensity {intensity} (the best {}), {money}",
        run.run,
        il_core::text::count(assignments.len(), "assignment"),
        il_core::text::count(run.numbers.candidates, "candidate"),
    ));
    if args.common.dry_run {
        return Ok(Exit::Done);
    }
    run.save(&home)?;
    assign::open_requests(&home, &run)?;
    let output = std::mem::replace(&mut io.output, Box::new(std::io::sink()));
    let mut writer = Writer::new(output);
    for line in assignments {
        writer.write(&line)?;
    }
    writer.flush()?;
    Ok(Exit::Done)
}

fn table(results: &[CheckResult], say: &mut Say) {
    for result in results {
        let (style, word) = match result.outcome {
            Outcome::Passed => (Style::Green, "ok"),
            Outcome::Warning => (Style::Yellow, "warning"),
            Outcome::Failed => (Style::Red, "failed"),
        };
        let word = say.paint(style, &format!("{word:<8}"));
        say.plain(&format!("  {word} {:<16} {}", result.name, result.detail));
    }
}
