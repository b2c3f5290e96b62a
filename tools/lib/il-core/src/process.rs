//! The one place that starts other programs, and ends them with everything they started.
//!
//! A child gets its own process group and an explicit environment. At its time
//! limit, or when somebody presses Ctrl-C, the group gets SIGINT first, SIGKILL
//! after a grace period. Children that left the group with `setsid` are adopted
//! by this process (it is a subreaper, prctl(2)) and killed too.

use std::collections::HashSet;
use std::ffi::{OsStr, OsString};
use std::io::{self, Read, Write as _};
use std::os::unix::process::{CommandExt as _, ExitStatusExt as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::sync::{LazyLock, Mutex, MutexGuard, Once, PoisonError};
use std::thread;
use std::time::Duration;

use rustix::process::{Pid, Signal};

use crate::clock::Stopwatch;
use crate::{environment, interrupt};

/// How long a program may take to end after SIGINT before it is killed.
const GRACE: Duration = Duration::from_secs(3);
/// Most output that is kept of one stream, in bytes; reading goes on, so that nobody blocks.
const OUTPUT_LIMIT: usize = 64 * 1024 * 1024;

/// A program to run.
#[derive(Clone, Debug)]
pub struct Program {
    path: PathBuf,
    args: Vec<OsString>,
    env: Vec<(OsString, OsString)>,
    folder: Option<PathBuf>,
    stdin: Vec<u8>,
    terminal: bool,
    limit: Option<Duration>,
    to_its_end: bool,
}

/// How a program ended.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Ending {
    /// By itself, with this exit code.
    Code(i32),
    /// By a signal that was not ours.
    Signal(i32),
    /// Stopped by us at its time limit.
    TimedOut,
    /// Stopped by us because somebody asked this process to stop.
    Interrupted,
}

/// What a program left behind.
#[derive(Debug)]
pub struct Outcome {
    /// How it ended.
    pub ending: Ending,
    /// Its output, at most 64 MiB.
    pub stdout: Vec<u8>,
    /// Its errors, at most 64 MiB.
    pub stderr: Vec<u8>,
    /// Wall-clock time.
    pub elapsed: Duration,
    /// Processes that outlived it and were killed.
    pub strays: usize,
    /// True when all of its output is here.
    pub complete: bool,
}

impl Outcome {
    /// True for exit code 0 with all of the output: half an answer is none.
    #[must_use]
    pub fn succeeded(&self) -> bool {
        self.ending == Ending::Code(0) && self.complete
    }
}

impl Program {
    /// A program by path or by name on `PATH`, with an empty environment but for `PATH`.
    ///
    /// # Errors
    /// `NotFound`, with the name in its text, when it is not there.
    pub fn new(program: impl AsRef<OsStr>) -> io::Result<Self> {
        let mut new = Self {
            path: find(program.as_ref())?,
            args: Vec::new(),
            env: Vec::new(),
            folder: None,
            stdin: Vec::new(),
            terminal: false,
            limit: None,
            to_its_end: false,
        };
        if let Some(path) = environment::raw("PATH") {
            new = new.env("PATH", path);
        }
        Ok(new)
    }

    /// Adds one argument.
    #[must_use]
    pub fn arg(mut self, arg: impl Into<OsString>) -> Self {
        self.args.push(arg.into());
        self
    }

    /// Adds arguments.
    #[must_use]
    pub fn args<S: Into<OsString>>(mut self, args: impl IntoIterator<Item = S>) -> Self {
        self.args.extend(args.into_iter().map(Into::into));
        self
    }

    /// Sets a variable.
    #[must_use]
    pub fn env(mut self, name: impl Into<OsString>, value: impl Into<OsString>) -> Self {
        self.env.push((name.into(), value.into()));
        self
    }

    /// Hands on a variable of ours, if it is set.
    #[must_use]
    pub fn inherit(self, name: &str) -> Self {
        match environment::raw(name) {
            Some(value) => self.env(name, value),
            None => self,
        }
    }

    /// Runs in this folder.
    #[must_use]
    pub fn folder(mut self, folder: impl Into<PathBuf>) -> Self {
        self.folder = Some(folder.into());
        self
    }

    /// Feeds these bytes to its stdin; without them stdin is empty.
    #[must_use]
    pub fn stdin(mut self, bytes: impl Into<Vec<u8>>) -> Self {
        self.stdin = bytes.into();
        self
    }

    /// Ends it after this time.
    #[must_use]
    pub fn limit(mut self, limit: Duration) -> Self {
        self.limit = Some(limit);
        self
    }

    /// Lets it finish where somebody asks this process to stop: for cleaning up.
    #[must_use]
    pub fn to_its_end(mut self) -> Self {
        self.to_its_end = true;
        self
    }

    /// Runs it to its end.
    ///
    /// # Errors
    /// When it cannot be started.
    pub fn run(self) -> io::Result<Outcome> {
        become_subreaper();
        let watch = Stopwatch::start();
        let mut child = self.spawn()?;
        let pid = Pid::from_child(&child);
        let stdout = drain(child.stdout.take());
        let stderr = drain(child.stderr.take());
        feed(&mut child, self.stdin);
        let ended = wait(child);
        let ending = supervise(pid, &ended, self.limit, !self.to_its_end, watch);
        // The group can outlive its leader.
        let _ = rustix::process::kill_process_group(pid, Signal::KILL);
        let strays = sweep(pid);
        let (stdout, stderr) = (collect(&stdout), collect(&stderr));
        let complete = stdout.as_ref().is_some_and(|bytes| bytes.len() < OUTPUT_LIMIT) && stderr.is_some();
        let (stdout, stderr) = (stdout.unwrap_or_default(), stderr.unwrap_or_default());
        Ok(Outcome { ending, stdout, stderr, elapsed: watch.elapsed(), strays, complete })
    }

    /// Runs an interactive program (an editor) on this terminal and waits for it.
    ///
    /// # Errors
    /// When it or the terminal cannot be opened.
    pub fn run_on_terminal(mut self) -> io::Result<ExitStatus> {
        self.terminal = true;
        let mut child = self.spawn()?;
        let status = child.wait();
        registry().remove(&(child.id() as i32));
        status
    }

    #[allow(clippy::disallowed_methods)]
    fn spawn(&self) -> io::Result<Child> {
        let mut command = Command::new(&self.path);
        command.args(&self.args).env_clear();
        command.envs(self.env.iter().map(|(name, value)| (name, value)));
        if let Some(folder) = &self.folder {
            command.current_dir(folder);
        }
        if self.terminal {
            let terminal = std::fs::OpenOptions::new().read(true).write(true).open("/dev/tty")?;
            command.stdin(terminal.try_clone()?).stdout(terminal.try_clone()?).stderr(terminal);
        } else {
            command.process_group(0).stdout(Stdio::piped()).stderr(Stdio::piped());
            command.stdin(if self.stdin.is_empty() { Stdio::null() } else { Stdio::piped() });
        }
        // Held across the start, so that a sweep never takes this child for a stray.
        let mut ours = registry();
        let child = command
            .spawn()
            .map_err(|error| io::Error::new(error.kind(), format!("`{}`: {error}", self.path.display())))?;
        ours.insert(child.id() as i32);
        Ok(child)
    }
}

/// A program of ours, in the folder of this one; never one that happens to be on `PATH`.
///
/// # Errors
/// `NotFound` when it is not there.
pub fn beside_us(name: &str) -> io::Result<PathBuf> {
    find(std::env::current_exe()?.with_file_name(name).as_os_str())
}

/// Kills every program that is running, with its group: for the end of this process.
pub fn kill_all() {
    for pid in registry().iter().filter_map(|pid| Pid::from_raw(*pid)) {
        let _ = rustix::process::kill_process_group(pid, Signal::KILL);
    }
}

/// Looks a program up as a shell would.
///
/// # Errors
/// `NotFound` when it is not there.
pub fn find(program: &OsStr) -> io::Result<PathBuf> {
    let path = Path::new(program);
    let found = if path.components().count() > 1 {
        path.is_file().then(|| path.to_owned())
    } else {
        environment::search_path()
            .into_iter()
            .map(|folder| folder.join(path))
            .find(|path| is_executable(path))
    };
    found.ok_or_else(|| {
        let text = format!("`{}` was not found", path.display());
        io::Error::new(io::ErrorKind::NotFound, text)
    })
}

fn is_executable(path: &Path) -> bool {
    path.is_file() && rustix::fs::access(path, rustix::fs::Access::EXEC_OK).is_ok()
}

/// Our direct children that are still running: everything else below us is a stray.
fn registry() -> MutexGuard<'static, HashSet<i32>> {
    static OURS: LazyLock<Mutex<HashSet<i32>>> = LazyLock::new(Mutex::default);
    // A set of numbers is whole even where a thread panicked.
    OURS.lock().unwrap_or_else(PoisonError::into_inner)
}

fn become_subreaper() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        // Where the system refuses, children that call setsid are only killed by their own group.
        let _ = rustix::process::set_child_subreaper(Some(rustix::process::getpid()));
    });
}

/// Waits in a thread, so that the time limit and Ctrl-C are noticed meanwhile.
fn wait(mut child: Child) -> Receiver<io::Result<ExitStatus>> {
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || {
        let status = child.wait();
        let _ = sender.send(status);
    });
    receiver
}

fn supervise(
    pid: Pid,
    ended: &Receiver<io::Result<ExitStatus>>,
    limit: Option<Duration>,
    interruptible: bool,
    watch: Stopwatch,
) -> Ending {
    let mut stopped: Option<(Ending, Stopwatch)> = None;
    loop {
        match ended.recv_timeout(Duration::from_millis(50)) {
            Ok(status) => return stopped.map_or_else(|| ending(status), |(ending, _)| ending),
            Err(RecvTimeoutError::Disconnected) => return Ending::Signal(0),
            Err(RecvTimeoutError::Timeout) => {}
        }
        match &stopped {
            None => {
                let why = if interruptible && interrupt::requested() {
                    Ending::Interrupted
                } else if limit.is_some_and(|limit| watch.elapsed() >= limit) {
                    Ending::TimedOut
                } else {
                    continue;
                };
                let _ = rustix::process::kill_process_group(pid, Signal::INT);
                stopped = Some((why, Stopwatch::start()));
            }
            Some((_, since)) if since.elapsed() >= GRACE => {
                let _ = rustix::process::kill_process_group(pid, Signal::KILL);
                // It may have left the group that it led (setpgid).
                let _ = rustix::process::kill_process(pid, Signal::KILL);
            }
            Some(_) => {}
        }
    }
}

fn ending(status: io::Result<ExitStatus>) -> Ending {
    match status {
        Ok(status) => match status.code() {
            Some(code) => Ending::Code(code),
            None => Ending::Signal(status.signal().unwrap_or(0)),
        },
        Err(_) => Ending::Signal(0),
    }
}

/// Kills what the program left running outside its group. Returns how many there were.
fn sweep(pid: Pid) -> usize {
    let mut killed = HashSet::new();
    registry().remove(&pid.as_raw_nonzero().get());
    let watch = Stopwatch::start();
    // Killing a stray hands its children to us: repeat until none are left.
    while watch.elapsed() < GRACE {
        let ours = registry();
        // Whose stray it is cannot be told while another program runs: the last one sweeps.
        if !ours.is_empty() {
            break;
        }
        let strays: Vec<Pid> =
            children().into_iter().filter(|child| !ours.contains(child)).filter_map(Pid::from_raw).collect();
        if strays.is_empty() {
            break;
        }
        for stray in strays {
            let _ = rustix::process::kill_process(stray, Signal::KILL);
            let _ = rustix::process::waitpid(Some(stray), rustix::process::WaitOptions::NOHANG);
            killed.insert(stray);
        }
        drop(ours);
        thread::sleep(Duration::from_millis(2));
    }
    killed.len()
}

/// Process ids of our direct children, of all threads, from procfs.
fn children() -> Vec<i32> {
    let me = rustix::process::getpid().as_raw_nonzero().get();
    let Ok(tasks) = std::fs::read_dir(format!("/proc/{me}/task")) else {
        return Vec::new();
    };
    tasks
        .filter_map(|task| std::fs::read_to_string(task.ok()?.path().join("children")).ok())
        .flat_map(|text| text.split_ascii_whitespace().filter_map(|pid| pid.parse().ok()).collect::<Vec<_>>())
        .collect()
}

fn feed(child: &mut Child, bytes: Vec<u8>) {
    if let Some(mut stdin) = child.stdin.take() {
        // A program that does not read its input to the end is its own business.
        thread::spawn(move || stdin.write_all(&bytes));
    }
}

type Drained = Receiver<Vec<u8>>;

fn drain(stream: Option<impl Read + Send + 'static>) -> Drained {
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || {
        let mut kept = Vec::new();
        if let Some(mut stream) = stream {
            let mut chunk = [0; 64 * 1024];
            while let Ok(read @ 1..) = stream.read(&mut chunk) {
                let room = OUTPUT_LIMIT - kept.len();
                kept.extend_from_slice(&chunk[..read.min(room)]);
            }
        }
        let _ = sender.send(kept);
    });
    receiver
}

/// The output; bounded, because a process that we may not kill could hold the pipe open.
fn collect(drained: &Drained) -> Option<Vec<u8>> {
    drained.recv_timeout(GRACE).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sh(script: &str) -> Program {
        Program::new("sh").unwrap().args(["-c", script])
    }

    #[test]
    fn output_errors_input_and_exit_code_arrive() {
        let outcome = sh("cat; echo oops >&2; exit 7").stdin("hi").run().unwrap();
        assert_eq!(outcome.ending, Ending::Code(7));
        assert_eq!((&*outcome.stdout, &*outcome.stderr), (&b"hi"[..], &b"oops\n"[..]));
    }

    #[test]
    fn the_environment_of_this_process_is_not_inherited() {
        let outcome = sh("env").env("A", "1").run().unwrap();
        let text = String::from_utf8(outcome.stdout).unwrap();
        let mut names: Vec<_> = text.lines().filter_map(|l| l.split_once('=')).map(|(n, _)| n).collect();
        names.retain(|name| !["PWD", "SHLVL", "_", "OLDPWD"].contains(name));
        names.sort_unstable();
        assert_eq!(names, ["A", "PATH"]);
    }

    #[test]
    fn a_program_that_ignores_sigint_is_killed_at_its_limit() {
        let watch = Stopwatch::start();
        let outcome = sh("trap '' INT; sleep 60").limit(Duration::from_millis(200)).run().unwrap();
        assert_eq!(outcome.ending, Ending::TimedOut);
        assert!(watch.elapsed() < Duration::from_secs(20));
    }

    #[test]
    fn a_program_that_finishes_in_time_is_left_alone() {
        let outcome = sh("exit 0").limit(Duration::from_secs(20)).run().unwrap();
        assert_eq!((outcome.ending, outcome.strays), (Ending::Code(0), 0));
    }

    #[test]
    fn a_child_that_called_setsid_dies_with_its_program() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("pid");
        let script = format!("setsid sh -c 'echo $$ > {}; exec sleep 600' & sleep 0.3", file.display());
        let outcome = sh(&script).run().unwrap();
        assert_eq!(outcome.strays, 1);
        let pid = std::fs::read_to_string(file).unwrap();
        assert!(!Path::new("/proc").join(pid.trim()).exists());
    }

    #[test]
    fn a_missing_program_is_named() {
        let error = Program::new("no-such-program").unwrap_err();
        assert_eq!(error.to_string(), "`no-such-program` was not found");
    }
}
