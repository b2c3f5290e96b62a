//! `il-discover`: what is there to improve?
//!
//! Reads assignment lines (or nothing, with `--domain` or `--target`); writes
//! candidate lines with `discover`. Refuses nothing: a scout that could not look
//! says so. Exit 0 done; 1 when lines could not be read or every scout was
//! unavailable; 2 wrong use or configuration.

mod args;
mod assignments;
mod look;
mod scouts;

pub use args::Args;

use il_core::cli::{Context, Io};
use il_core::exit::{Exit, Stop};
use il_core::lines::{Rejects, Writer};

/// Runs the tool.
///
/// # Errors
/// On wrong use or configuration, and when stdin or stdout fail.
pub fn run(args: Args, io: &mut Io, context: &Context) -> anyhow::Result<Exit> {
    let mut rejects = Rejects::new(args.stream.rejects.clone());
    let (session, assignments) = assignments::plan(&args, io, context, &mut rejects)?;
    if args.common.dry_run {
        for assignment in &assignments {
            io.say.note(&format!("would look for `{}` in `{}`", assignment.domain, assignment.alias));
        }
        return Ok(rejects.finish(&mut io.say)?);
    }
    let output = std::mem::replace(&mut io.output, Box::new(std::io::sink()));
    let mut writer = Writer::new(output);
    let mut unavailable = 0;
    for assignment in &assignments {
        if writer.is_closed() || il_core::interrupt::requested() {
            break;
        }
        match look::look(assignment, &session, &mut io.say) {
            Ok(lines) => {
                for line in lines {
                    writer.write(&line)?;
                }
                writer.flush()?;
            }
            Err(reason) => {
                unavailable += 1;
                let (domain, alias) = (&assignment.domain, &assignment.alias);
                io.say.error(&format!("{domain} in `{alias}`: unavailable: {reason:#}"));
                if let Some(hint) = reason.downcast_ref::<Stop>().and_then(|stop| stop.hint.as_ref()) {
                    io.say.hint(hint);
                }
            }
        }
    }
    let exit = rejects.finish(&mut io.say)?;
    if il_core::interrupt::requested() {
        return Ok(Exit::Interrupted);
    }
    let all_failed = unavailable > 0 && unavailable == assignments.len();
    Ok(if all_failed { Exit::Incomplete } else { exit })
}
