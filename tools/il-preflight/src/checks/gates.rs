//! Is il-gate there, and does it answer?

use std::time::Duration;

use il_core::process::{Program, beside_us};

use il_core::home::Run;

use super::{Check, CheckResult, Outcome};

/// This check.
pub const CHECK: Check = Check { look };

fn look(_: &Run) -> Vec<CheckResult> {
    let result = match ask() {
        Ok(version) => CheckResult::new("gates", Outcome::Passed, version),
        Err(why) => {
            let mut result = CheckResult::new("gates", Outcome::Failed, why);
            result.hint =
                Some("cargo build --release --locked, and keep the il-* programs in one folder".into());
            result
        }
    };
    vec![result]
}

fn ask() -> Result<String, String> {
    let gate = beside_us("il-gate").map_err(|error| error.to_string())?;
    let outcome = Program::new(&gate)
        .and_then(|program| program.arg("--version").limit(Duration::from_secs(10)).run())
        .map_err(|error| error.to_string())?;
    if outcome.succeeded() {
        Ok(il_core::text::single_line(&String::from_utf8_lossy(&outcome.stdout), 60))
    } else {
        Err(format!("`{}` ended with {:?}", gate.display(), outcome.ending))
    }
}
