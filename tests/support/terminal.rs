//! A program on a terminal of its own: a pseudo-terminal that answers like a person.

use std::fs::File;
use std::io::{Read as _, Write as _};
use std::os::fd::OwnedFd;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};

/// The person's side of a terminal, with a program on the other.
pub struct Terminal {
    master: File,
    seen: String,
    child: Child,
}

impl Terminal {
    /// Starts `program` with stdin and stdout from files and the terminal as its /dev/tty and stderr.
    /// `None` where `setsid --ctty` (util-linux) is missing.
    pub fn start(
        program: &Path,
        args: &[&str],
        stdin: &Path,
        stdout: &Path,
        env: &[(&str, &str)],
    ) -> Option<Self> {
        Command::new("setsid").arg("--version").output().ok().filter(|output| output.status.success())?;
        let master: OwnedFd = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).ok()?;
        grantpt(&master).ok()?;
        unlockpt(&master).ok()?;
        let name = ptsname(&master, Vec::new()).ok()?.into_string().ok()?;
        let slave = || File::options().read(true).write(true).open(&name).unwrap();
        // setsid makes its stdin the controlling terminal; the shell then redirects for the program.
        let child = Command::new("setsid")
            .args(["--ctty", "--wait", "sh", "-c", "exec \"$0\" \"$@\" <\"$IN\" >\"$OUT\""])
            .arg(program)
            .args(args)
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("HOME", "/nonexistent")
            .env("TERM", "xterm")
            .env("IN", stdin)
            .env("OUT", stdout)
            .envs(env.iter().copied())
            .current_dir(stdin.parent().unwrap())
            .stdin(slave())
            .stdout(Stdio::from(slave()))
            .stderr(Stdio::from(slave()))
            .spawn()
            .ok()?;
        Some(Self { master: File::from(master), seen: String::new(), child })
    }

    /// Waits until the program has shown `text` since the last call.
    #[track_caller]
    pub fn wait_for(&mut self, text: &str) -> String {
        let start = Instant::now();
        loop {
            if let Some(at) = self.seen.find(text) {
                let rest = self.seen.split_off(at + text.len());
                return std::mem::replace(&mut self.seen, rest);
            }
            assert!(start.elapsed() < Duration::from_secs(20), "waited for {text:?}, saw {:?}", self.seen);
            let mut chunk = [0; 4096];
            match self.master.read(&mut chunk) {
                Ok(read @ 1..) => self.seen.push_str(&String::from_utf8_lossy(&chunk[..read])),
                // EIO: the other side is closed.
                _ => panic!("the program ended; waited for {text:?}, saw {:?}", self.seen),
            }
        }
    }

    /// Types, with Enter where the text has a line feed.
    pub fn type_in(&mut self, text: &str) {
        self.master.write_all(text.as_bytes()).unwrap();
    }

    /// Waits for the end and returns the exit code.
    pub fn finish(mut self) -> i32 {
        let mut rest = Vec::new();
        let _ = self.master.read_to_end(&mut rest);
        self.child.wait().unwrap().code().unwrap_or(-1)
    }
}
