//! Is the worker there that the mode asks for?

use il_core::config::Mode;

use il_core::home::Run;

use super::{Check, CheckResult, Outcome};

/// This check.
pub const CHECK: Check = Check { look };

fn look(run: &Run) -> Vec<CheckResult> {
    let mode = run.mode;
    let result = if mode == Mode::None {
        CheckResult::new("worker", Outcome::Passed, "none: rules and recipes, no model, no money")
    } else {
        let mut result = CheckResult::new(
            "worker",
            Outcome::Failed,
            format!("this build has no worker for mode `{mode}`: rules and recipes only"),
        );
        result.hint = Some("--mode none".into());
        result
    };
    vec![result]
}
