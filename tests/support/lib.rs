//! What the tests share: an empty world, the real programs in it, small repos.

#![allow(clippy::disallowed_methods, clippy::unwrap_used)]

pub mod fixes;
pub mod lines;
pub mod repo;
pub mod terminal;

use std::ffi::OsStr;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

pub use lines::{candidate, parse_lines};
pub use repo::Repo;

/// The folder of this project.
pub fn project() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

/// The folder with the built programs: beside the test binary.
pub fn bin_folder() -> PathBuf {
    let deps = std::env::current_exe().unwrap();
    let folder = deps.parent().unwrap().parent().unwrap().to_owned();
    assert!(folder.join("il-triage").is_file(), "the programs are not built: cargo build --workspace");
    folder
}

/// `PATH` with our programs first.
pub fn path_with_programs() -> String {
    format!("{}:{}", bin_folder().display(), std::env::var("PATH").unwrap())
}

/// A folder of its own with an empty HOME; programs run in it see nothing else.
pub struct World {
    folder: tempfile::TempDir,
}

impl Default for World {
    fn default() -> Self {
        Self::new()
    }
}

impl World {
    pub fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("home")).unwrap();
        std::fs::create_dir(folder.path().join("work")).unwrap();
        Self { folder }
    }

    /// Where programs start.
    pub fn work(&self) -> PathBuf {
        self.folder.path().join("work").canonicalize().unwrap()
    }

    /// Writes a file below the work folder.
    pub fn write(&self, path: &str, text: &str) -> PathBuf {
        let path = self.work().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, text).unwrap();
        path
    }

    pub fn read(&self, path: &str) -> String {
        std::fs::read_to_string(self.work().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
    }

    /// A new repo below the work folder.
    pub fn repo(&self, path: &str) -> Repo {
        Repo::init(&self.work().join(path))
    }

    /// One of our programs, ready to run in the work folder.
    pub fn il(&self, tool: &str) -> Run {
        self.program(bin_folder().join(format!("il-{tool}")))
    }

    /// Any program, ready to run in the work folder.
    pub fn program(&self, path: impl AsRef<OsStr>) -> Run {
        let mut command = Command::new(path);
        command
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("HOME", self.folder.path().join("home"))
            .env("TMPDIR", self.folder.path())
            .env("LC_ALL", "C.UTF-8")
            // 2026-11-22T00:00:00Z: two runs write the same bytes.
            .env("SOURCE_DATE_EPOCH", "1795305600")
            .current_dir(self.work());
        Run { command, stdin: Vec::new() }
    }
}

/// A program about to run.
pub struct Run {
    command: Command,
    stdin: Vec<u8>,
}

/// What it left.
#[derive(Debug)]
pub struct Done {
    pub code: i32,
    pub stdout: String,
    pub stderr: String,
}

impl Run {
    pub fn args<S: AsRef<OsStr>>(mut self, args: impl IntoIterator<Item = S>) -> Self {
        self.command.args(args);
        self
    }

    pub fn arg(mut self, arg: impl AsRef<OsStr>) -> Self {
        self.command.arg(arg);
        self
    }

    pub fn env(mut self, name: &str, value: impl AsRef<OsStr>) -> Self {
        self.command.env(name, value);
        self
    }

    pub fn folder(mut self, folder: impl AsRef<Path>) -> Self {
        self.command.current_dir(folder);
        self
    }

    pub fn stdin(mut self, text: impl Into<Vec<u8>>) -> Self {
        self.stdin = text.into();
        self
    }

    pub fn run(mut self) -> Done {
        self.command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = self.command.spawn().unwrap();
        let mut stdin = child.stdin.take().unwrap();
        let feed = std::thread::spawn(move || {
            let _ = stdin.write_all(&self.stdin);
        });
        let output = child.wait_with_output().unwrap();
        feed.join().unwrap();
        Done {
            code: output.status.code().unwrap_or(-1),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }
}

impl Done {
    /// Expects an exit code; shows everything otherwise.
    #[track_caller]
    pub fn expect(self, code: i32) -> Self {
        assert_eq!(self.code, code, "stdout:\n{}\nstderr:\n{}", self.stdout, self.stderr);
        self
    }

    /// The lines on stdout.
    pub fn lines(&self) -> Vec<serde_json::Value> {
        parse_lines(&self.stdout)
    }
}

/// Says that a test could not look, and why: `scripts/test` counts these.
pub fn skip(name: &str, why: &str) {
    let Some(path) = std::env::var_os("IL_SKIPS") else {
        eprintln!("SKIPPED {name}: {why}");
        return;
    };
    let mut file = std::fs::OpenOptions::new().create(true).append(true).open(path).unwrap();
    writeln!(file, "{name}: {why}").unwrap();
}
