//! What all tools share on the command line: flags, help, completions, man page, the end.

use std::ffi::OsString;
use std::io::{self, BufRead, BufReader, BufWriter, IsTerminal as _, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;
use jiff::Timestamp;

use crate::exit::{Exit, Stop};
use crate::id::RunId;
use crate::lines::{Reader, Rejects};
use crate::say::{Color, Level, Say};
use crate::{clock, interrupt};

/// Flags of every tool.
#[derive(Clone, Debug, clap::Args)]
pub struct Common {
    /// Configuration file [default: the nearest improve-loop.toml from here upwards]
    #[arg(long, value_name = "FILE", global = true, help_heading = "Common options")]
    pub config: Option<PathBuf>,
    /// The run that this belongs to [default: $IL_RUN, else what the lines say]
    #[arg(long, value_name = "RUN", global = true, help_heading = "Common options")]
    pub run: Option<RunId>,
    /// Show what would be done and change nothing
    #[arg(long, short = 'n', global = true, help_heading = "Common options")]
    pub dry_run: bool,
    /// Errors only
    #[arg(long, short, global = true, help_heading = "Common options")]
    pub quiet: bool,
    /// Also say what is being done
    #[arg(long, short, global = true, help_heading = "Common options", conflicts_with = "quiet")]
    pub verbose: bool,
    /// When to colour what a person sees
    #[arg(
        long,
        value_enum,
        default_value_t,
        value_name = "WHEN",
        global = true,
        help_heading = "Common options"
    )]
    pub color: Color,
    /// Print completions for this shell and exit
    #[arg(long, value_enum, value_name = "SHELL", exclusive = true, help_heading = "Common options")]
    pub completions: Option<clap_complete::Shell>,
    /// Print the man page (roff) and exit
    #[arg(long, exclusive = true, help_heading = "Common options")]
    pub man: bool,
}

/// Flags of the tools that read lines.
#[derive(Clone, Debug, clap::Args)]
pub struct Stream {
    /// Where lines go that can't be read [default: the run's rejects.ndjson, else stderr]
    #[arg(long, value_name = "FILE", global = true, help_heading = "Common options")]
    pub rejects: Option<PathBuf>,
}

/// What a tool's arguments must offer.
pub trait Arguments: Parser {
    /// The flags of every tool.
    fn common(&self) -> &Common;
}

/// The streams of one tool.
pub struct Io {
    /// Lines come from here.
    pub input: Box<dyn BufRead>,
    /// Lines go here.
    pub output: Box<dyn Write>,
    /// People are spoken to here.
    pub say: Say,
    waits_for_person: bool,
}

impl Io {
    /// The lines on stdin. Says so when a person would have to type them.
    ///
    /// # Errors
    /// When stdin or the rejects fail.
    pub fn read_all(&mut self, rejects: &mut Rejects) -> io::Result<Vec<crate::lines::Numbered>> {
        if self.waits_for_person {
            self.say.note("reading candidate lines from the terminal; Ctrl-D ends them");
        }
        let empty: Box<dyn BufRead> = Box::new(io::empty());
        let input = std::mem::replace(&mut self.input, empty);
        interrupt::while_idle(|| Reader::new(input).all(rejects, &mut self.say))
    }
}

/// What a tool knows of the world around it.
#[derive(Clone, Debug)]
pub struct Context {
    /// The folder it was started in.
    pub folder: PathBuf,
    /// When it was started.
    pub now: Timestamp,
}

/// Runs a tool from its arguments to its exit code.
pub fn main<A: Arguments>(run: fn(A, &mut Io, &Context) -> anyhow::Result<Exit>) -> ExitCode {
    let mut command = A::command();
    if let Some(text) = self_description(&mut command) {
        let _ = io::stdout().write_all(&text);
        return ExitCode::SUCCESS;
    }
    let matches = command.clone().get_matches();
    let args = A::from_arg_matches(&matches).unwrap_or_else(|error| error.exit());
    let common = args.common();
    let level = match (common.quiet, common.verbose) {
        (true, _) => Level::Quiet,
        (_, true) => Level::Verbose,
        _ => Level::Normal,
    };
    let mut io = Io {
        input: Box::new(BufReader::with_capacity(64 * 1024, io::stdin())),
        output: Box::new(BufWriter::with_capacity(64 * 1024, io::stdout())),
        say: Say::stderr(tool_name(&command), level, common.color),
        waits_for_person: io::stdin().is_terminal(),
    };
    let result = interrupt::watch()
        .map_err(anyhow::Error::from)
        .and_then(|()| context())
        .and_then(|context| run(args, &mut io, &context));
    finish(result, &mut io)
}

fn tool_name(command: &clap::Command) -> &'static str {
    // One per process: leaked once, used until the end.
    Box::leak(command.get_name().to_owned().into_boxed_str())
}

#[allow(clippy::disallowed_methods)]
fn context() -> anyhow::Result<Context> {
    Ok(Context {
        folder: std::env::current_dir()
            .map_err(|error| Stop::new(format!("the current folder cannot be read: {error}")))?,
        now: clock::now(),
    })
}

/// The text for `--completions` and `--man`, which work without any other argument.
#[allow(clippy::disallowed_methods)]
fn self_description(command: &mut clap::Command) -> Option<Vec<u8>> {
    let mut args = std::env::args_os().skip(1);
    let first = args.next()?.into_string().ok()?;
    let mut text = Vec::new();
    if first == "--man" {
        clap_mangen::Man::new(command.clone()).render(&mut text).ok()?;
        return Some(text);
    }
    let shell: OsString = match first.strip_prefix("--completions") {
        Some("") => args.next()?,
        Some(rest) => rest.strip_prefix('=')?.into(),
        None => return None,
    };
    let shell: clap_complete::Shell = shell.to_str()?.parse().ok()?;
    let name = command.get_name().to_owned();
    clap_complete::generate(shell, command, name, &mut text);
    Some(text)
}

fn finish(result: anyhow::Result<Exit>, io: &mut Io) -> ExitCode {
    let flushed = io.output.flush();
    let result = match (result, flushed) {
        // The reader has gone: it has what it wanted.
        (Ok(exit), Err(error)) if error.kind() != io::ErrorKind::BrokenPipe => {
            let _ = exit;
            Err(anyhow::Error::new(error).context("stdout"))
        }
        (result, _) => result,
    };
    match result {
        Ok(exit) => exit.into(),
        Err(error) => {
            io.say.error(&format!("{error:#}"));
            if let Some(hint) = error.chain().find_map(|cause| cause.downcast_ref::<Stop>()?.hint.as_ref()) {
                io.say.hint(hint);
            }
            ExitCode::from(2)
        }
    }
}

/// Adds the examples and the exit codes under the help text.
#[must_use]
pub fn after_help(examples: &str) -> String {
    format!(
        "Examples:\n{examples}\n\nExit codes: 0 done; 1 done, but lines could not be read or every \
         source was unavailable; 2 wrong use or configuration; 3 refused on purpose; 130 interrupted."
    )
}
