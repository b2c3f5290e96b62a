//! Git, run so that no repo can make it run something else.
//!
//! Discipline (each rule stops a measured attack): explicit git dir and own
//! index, no system or user configuration, no hooks, no file system monitor,
//! no replace refs, attributes from the empty tree (so no filters and no
//! drivers), no prompts, only the protocols we name, an empty environment.

use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::atomic;
use crate::exit::Stop;
use crate::process::{Ending, Outcome, Program};
use crate::text::single_line;

/// The empty tree of SHA-1 repos (`git hash-object -t tree /dev/null`).
const EMPTY_TREE_SHA1: &str = "4b825dc642cb6eb9a060e54bf8d69288fbee4904";
/// The empty tree of SHA-256 repos.
const EMPTY_TREE_SHA256: &str = "6ef19b41225c5369f1c104d45d8d85efa9b057b53b14b4b9b939dd74decc5321";

/// Settings that switch off every way for a repo to run code or to reach out.
const SETTINGS: &[&str] = &[
    "core.hooksPath=/dev/null",
    "core.fsmonitor=false",
    "core.attributesFile=/dev/null",
    "core.excludesFile=/dev/null",
    "core.quotePath=false",
    "core.untrackedCache=false",
    "diff.external=",
    "commit.gpgSign=false",
    "tag.gpgSign=false",
    "push.gpgSign=false",
    "gc.auto=0",
    "maintenance.auto=false",
    "credential.helper=",
    "core.alternateRefsCommand=true",
    "protocol.allow=never",
    "protocol.ext.allow=never",
    "protocol.git.allow=never",
    "protocol.ssh.allow=never",
    "protocol.http.allow=never",
    "protocol.https.allow=never",
    "protocol.file.allow=always",
    "advice.detachedHead=false",
];

/// Longest time for one local git command.
const LIMIT: Duration = Duration::from_secs(600);

/// Why git could not do it.
#[derive(Debug, thiserror::Error)]
pub enum GitError {
    /// There is no git.
    #[error("`git` was not found on PATH")]
    Missing,
    /// It could not be started.
    #[error("git could not be started: {0}")]
    Start(#[source] io::Error),
    /// The disk failed.
    #[error("{0}")]
    Disk(#[source] io::Error),
    /// Somebody asked us to stop while it ran.
    #[error("`git {0}` was interrupted")]
    Interrupted(String),
    /// It said no.
    #[error("`git {command}` failed: {why}")]
    Failed {
        /// The subcommand.
        command: String,
        /// What git printed, on one line.
        why: String,
    },
    /// Its answer made no sense.
    #[error("`git {command}` answered {answer}, expected {expected}")]
    Answer {
        /// The subcommand.
        command: String,
        /// What it printed, quoted.
        answer: String,
        /// What was expected.
        expected: &'static str,
    },
}

impl From<GitError> for Stop {
    fn from(error: GitError) -> Self {
        let stop = Self::new(error.to_string());
        match error {
            GitError::Missing => stop.hint("install git 2.39.5 or newer and try again"),
            _ => stop,
        }
    }
}

/// One repo, by its git dir.
#[derive(Clone, Debug)]
pub struct Git {
    git_dir: PathBuf,
    empty_tree: &'static str,
}

/// One git command in preparation.
#[derive(Debug)]
pub struct GitCommand {
    name: String,
    program: Program,
}

impl Git {
    /// The repo whose top `folder` is; `None` when it is only inside one, or in none.
    ///
    /// # Errors
    /// When git is missing or fails.
    pub fn at(folder: &Path) -> Result<Option<Self>, GitError> {
        match Self::discover(folder) {
            Ok(git) => {
                let top = base(None, git.empty_tree, Some(folder))?
                    .args(["rev-parse", "--show-cdup"])
                    .folder(folder)
                    .output()?;
                // Empty at the top of a work tree; a bare repo has none.
                let at_top = top.succeeded() && top.stdout.trim_ascii().is_empty();
                Ok((git.git_dir == folder || at_top).then_some(git))
            }
            Err(GitError::Failed { why, .. }) if why.contains("not a git repository") => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Has the repo around `folder`, if there is one, anything committed or staged at `name` in it?
    ///
    /// # Errors
    /// When git is missing or fails.
    pub fn tracks(folder: &Path, name: &str) -> Result<bool, GitError> {
        let command = base(None, EMPTY_TREE_SHA1, Some(folder))?;
        match command.args(["ls-files", "-z", "--", name]).folder(folder).run() {
            Ok(listed) => Ok(!listed.is_empty()),
            Err(GitError::Failed { why, .. }) if why.contains("not a git repository") => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Finds the repo that `folder` is in.
    ///
    /// # Errors
    /// When git is missing or there is no repo.
    pub fn discover(folder: &Path) -> Result<Self, GitError> {
        let output = base(None, EMPTY_TREE_SHA1, Some(folder))?
            .args(["rev-parse", "--absolute-git-dir", "--show-object-format"])
            .folder(folder)
            .text()?;
        let mut answers = output.lines();
        let git_dir = answers.next().map(PathBuf::from);
        let empty_tree = match answers.next() {
            Some("sha256") => EMPTY_TREE_SHA256,
            _ => EMPTY_TREE_SHA1,
        };
        match git_dir {
            Some(git_dir) => Ok(Self { git_dir, empty_tree }),
            None => Err(GitError::Answer {
                command: "rev-parse".into(),
                answer: crate::text::quote(&output),
                expected: "the path of a git dir",
            }),
        }
    }

    /// The repo with this git dir.
    ///
    /// # Errors
    /// When it is none.
    pub fn open(git_dir: &Path) -> Result<Self, GitError> {
        let mut git = Self { git_dir: git_dir.to_owned(), empty_tree: EMPTY_TREE_SHA1 };
        let format = git.command(["rev-parse", "--show-object-format"])?.text()?;
        if format.trim() == "sha256" {
            git.empty_tree = EMPTY_TREE_SHA256;
        }
        Ok(git)
    }

    /// Makes a new bare repo with the object format of `like`.
    ///
    /// # Errors
    /// When git cannot make it.
    pub fn init_bare(git_dir: &Path, like: &Self) -> Result<Self, GitError> {
        let format = if like.empty_tree == EMPTY_TREE_SHA256 { "sha256" } else { "sha1" };
        base(None, like.empty_tree, None)?
            .args(["init", "--quiet", "--bare", "--template="])
            .arg(format!("--object-format={format}"))
            .arg(git_dir)
            .run()?;
        Ok(Self { git_dir: git_dir.to_owned(), empty_tree: like.empty_tree })
    }

    /// Replaces the configuration of a bare repo of ours with the object format of this one.
    ///
    /// # Errors
    /// When the disk refuses.
    pub fn write_config(&self, git_dir: &Path) -> io::Result<()> {
        let core = "[core]\n\tbare = true\n\tfilemode = true\n\trepositoryformatversion = ";
        let text = if self.empty_tree == EMPTY_TREE_SHA256 {
            format!("{core}1\n[extensions]\n\tobjectFormat = sha256\n")
        } else {
            format!("{core}0\n")
        };
        atomic::write(&git_dir.join("config"), text.as_bytes())
    }

    /// The git dir.
    #[must_use]
    pub fn git_dir(&self) -> &Path {
        &self.git_dir
    }

    /// A command on this repo: the subcommand and its arguments.
    ///
    /// # Errors
    /// When git is missing.
    pub fn command<S: Into<OsString>>(
        &self,
        args: impl IntoIterator<Item = S>,
    ) -> Result<GitCommand, GitError> {
        Ok(base(Some(&self.git_dir), self.empty_tree, Some(&self.git_dir))?.args(args))
    }

    /// The full commit id that `rev` names; `None` when it names nothing.
    ///
    /// # Errors
    /// When git cannot be run.
    pub fn commit(&self, rev: &str) -> Result<Option<String>, GitError> {
        let spec = format!("{rev}^{{commit}}");
        let command = self.command(["rev-parse", "--verify", "--quiet", "--end-of-options", &spec])?;
        let outcome = command.output()?;
        match outcome.ending {
            Ending::Code(0) => Ok(Some(String::from_utf8_lossy(&outcome.stdout).trim().to_owned())),
            // --quiet: 1 without a word when there is no such commit (git-rev-parse(1)).
            Ending::Code(1) => Ok(None),
            _ => Err(failed("rev-parse", &outcome)),
        }
    }
}

fn failed(command: &str, outcome: &Outcome) -> GitError {
    if outcome.ending == Ending::Interrupted {
        return GitError::Interrupted(command.to_owned());
    }
    let mut why = single_line(&String::from_utf8_lossy(&outcome.stderr), 300);
    if why.is_empty() {
        why = format!("{:?}", outcome.ending);
    }
    GitError::Failed { command: command.to_owned(), why }
}

fn base(git_dir: Option<&Path>, empty_tree: &str, safe: Option<&Path>) -> Result<GitCommand, GitError> {
    let program = Program::new("git").map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => GitError::Missing,
        _ => GitError::Start(error),
    })?;
    let mut program = program
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("GIT_CONFIG_SYSTEM", "/dev/null")
        .env("GIT_ATTR_NOSYSTEM", "1")
        .env("GIT_ATTR_SOURCE", empty_tree)
        .env("GIT_NO_REPLACE_OBJECTS", "1")
        // A partial clone would otherwise run what its configuration names as the other end.
        .env("GIT_NO_LAZY_FETCH", "1")
        .env("GIT_OPTIONAL_LOCKS", "0")
        .env("GIT_TERMINAL_PROMPT", "0")
        .env("GIT_ADVICE", "0")
        .env("LC_ALL", "C")
        .env("HOME", "/dev/null")
        .limit(LIMIT)
        .arg("--no-pager")
        .arg("--literal-pathspecs");
    for setting in SETTINGS {
        program = program.arg("-c").arg(*setting);
    }
    // A person named this repo: whose files they are does not matter to code that runs none of them.
    if safe.is_some() {
        program = program.arg("-c").arg("safe.directory=*");
    }
    if let Some(git_dir) = git_dir {
        let mut option = OsString::from("--git-dir=");
        option.push(git_dir);
        program = program.arg(option);
    }
    Ok(GitCommand { name: String::new(), program })
}

/// The program for the other end of a local fetch or push: same discipline,
/// because a child does not see our settings.
#[must_use]
pub fn far_end(service: &str) -> String {
    let mut command = String::from("git");
    for setting in SETTINGS {
        command.push_str(" -c ");
        command.push_str(setting);
    }
    format!("{command} -c safe.directory=* -c receive.autogc=false {service}")
}

impl GitCommand {
    /// Adds one argument.
    #[must_use]
    pub fn arg(mut self, arg: impl Into<OsString>) -> Self {
        let arg = arg.into();
        if self.name.is_empty() {
            self.name = arg.to_string_lossy().into_owned();
        }
        self.program = self.program.arg(arg);
        self
    }

    /// Adds arguments.
    #[must_use]
    pub fn args<S: Into<OsString>>(self, args: impl IntoIterator<Item = S>) -> Self {
        args.into_iter().fold(self, |command, arg| command.arg(arg))
    }

    /// Sets a variable.
    #[must_use]
    pub fn env(mut self, name: &str, value: impl Into<OsString>) -> Self {
        self.program = self.program.env(name, value);
        self
    }

    /// Runs in this folder.
    #[must_use]
    pub fn folder(mut self, folder: &Path) -> Self {
        self.program = self.program.folder(folder);
        self
    }

    /// Feeds these bytes to it.
    #[must_use]
    pub fn stdin(mut self, bytes: impl Into<Vec<u8>>) -> Self {
        self.program = self.program.stdin(bytes);
        self
    }

    /// Runs it, whatever its exit code.
    ///
    /// # Errors
    /// When it cannot be started.
    pub fn output(self) -> Result<Outcome, GitError> {
        self.program.run().map_err(GitError::Start)
    }

    /// Runs it and expects success.
    ///
    /// # Errors
    /// When it cannot be started or fails.
    pub fn run(self) -> Result<Vec<u8>, GitError> {
        let name = self.name.clone();
        let outcome = self.output()?;
        if outcome.succeeded() {
            return Ok(outcome.stdout);
        }
        Err(failed(&name, &outcome))
    }

    /// Goes on where somebody asks this process to stop: for cleaning up.
    #[must_use]
    pub fn to_its_end(mut self) -> Self {
        self.program = self.program.to_its_end();
        self
    }

    /// Runs it, expects success and text.
    ///
    /// # Errors
    /// As [`GitCommand::run`], and when the answer is not UTF-8.
    pub fn text(self) -> Result<String, GitError> {
        let name = self.name.clone();
        String::from_utf8(self.run()?).map_err(|error| GitError::Answer {
            command: name,
            answer: crate::text::quote(&String::from_utf8_lossy(error.as_bytes())),
            expected: "UTF-8",
        })
    }
}
