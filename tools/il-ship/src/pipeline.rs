//! The pipeline of the local forge: the target's own check, on exactly our commit.

use std::time::Duration;

use il_core::git::Git;
use il_core::member::{Pipeline, PipelineStatus};
use il_core::mirror::{check_out, remove_checkout};
use il_core::process::{Ending, Program};

/// Lines of output that are kept: what a person needs to see why it is red.
const TAIL: usize = 20;

/// A pipeline that did not run.
pub fn missing(why: &str) -> Pipeline {
    Pipeline {
        status: PipelineStatus::Missing,
        sha: None,
        command: None,
        elapsed_seconds: None,
        tail: why.to_owned(),
    }
}

/// Checks `sha` out into a folder of its own and runs `command` there.
///
/// # Errors
/// When it could not be started: then nothing is known.
pub fn run(mirror: &Git, sha: &str, command: &str, limit: Duration) -> Result<Pipeline, String> {
    let scratch = tempfile::Builder::new().prefix("il-ship-").tempdir().map_err(|error| error.to_string())?;
    let (tree, home) = (scratch.path().join("tree"), scratch.path().join("home"));
    std::fs::create_dir(&home).map_err(|error| error.to_string())?;
    let git = |error: il_core::git::GitError| error.to_string();
    check_out(mirror, &tree, sha).map_err(git)?;
    let outcome = Program::new("sh")
        .map_err(|error| error.to_string())?
        .args(["-c", command])
        .folder(&tree)
        .env("HOME", &home)
        .env("TMPDIR", scratch.path())
        .env("CI", "true")
        .inherit("LANG")
        .limit(limit)
        .run()
        .map_err(|error| error.to_string());
    remove_checkout(mirror, &tree).map_err(git)?;
    let outcome = outcome?;
    let status = match outcome.ending {
        Ending::Code(0) => PipelineStatus::Success,
        Ending::TimedOut => PipelineStatus::Timeout,
        Ending::Interrupted => return Err("interrupted".into()),
        Ending::Code(_) | Ending::Signal(_) => PipelineStatus::Failed,
    };
    let mut output = outcome.stdout;
    output.extend_from_slice(&outcome.stderr);
    Ok(Pipeline {
        status,
        sha: Some(sha.to_owned()),
        command: Some(command.to_owned()),
        elapsed_seconds: Some((outcome.elapsed.as_secs_f64() * 1e3).round() / 1e3),
        tail: tail(&String::from_utf8_lossy(&output)),
    })
}

/// The last lines, each made harmless and bounded.
fn tail(text: &str) -> String {
    let lines: Vec<_> = text.lines().filter(|line| !line.trim().is_empty()).collect();
    let kept = &lines[lines.len().saturating_sub(TAIL)..];
    let clean: Vec<_> = kept.iter().map(|line| il_core::text::single_line(line, 200)).collect();
    clean.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_of_the_output_is_kept_and_cannot_paint_a_terminal() {
        let text: String = (0..100).map(|n| format!("line {n}\u{1b}[31m\n\n")).collect();
        let tail = tail(&text);
        assert_eq!(tail.lines().count(), TAIL);
        assert!(tail.ends_with("line 99 [31m") && !tail.contains('\u{1b}'));
    }
}
