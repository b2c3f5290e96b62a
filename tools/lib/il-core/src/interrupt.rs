//! Ctrl-C, a polite kill, a closed terminal: noticed in a thread, acted on by whoever works.

use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator::Signals;

use crate::process;

static REQUESTED: AtomicBool = AtomicBool::new(false);
static IDLE: AtomicBool = AtomicBool::new(false);

/// The exit code of an interrupted program (128 + SIGINT).
const CODE: i32 = 130;

/// Makes SIGINT, SIGTERM and SIGHUP set a flag. A second signal, or one while nothing has begun,
/// ends the process at once, and every program that it runs.
///
/// # Errors
/// When the system refuses the handler.
pub fn watch() -> io::Result<()> {
    let mut signals = Signals::new([SIGINT, SIGTERM, SIGHUP])?;
    thread::spawn(move || {
        for _ in signals.forever() {
            let again = REQUESTED.swap(true, Ordering::SeqCst);
            if again || IDLE.load(Ordering::SeqCst) {
                process::kill_all();
                std::process::exit(CODE);
            }
        }
    });
    Ok(())
}

/// True once somebody asked this process to stop.
#[must_use]
pub fn requested() -> bool {
    REQUESTED.load(Ordering::SeqCst)
}

/// Runs `wait`, during which nothing is lost if the process ends: waiting for input.
pub fn while_idle<T>(wait: impl FnOnce() -> T) -> T {
    IDLE.store(true, Ordering::SeqCst);
    let result = wait();
    IDLE.store(false, Ordering::SeqCst);
    result
}
