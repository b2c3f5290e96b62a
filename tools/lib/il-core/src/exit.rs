//! How a tool ends: the exit codes of the design and the errors that carry one.

use std::process::ExitCode;

/// What a tool that came to its end reports to the shell.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Exit {
    /// Everything asked for was done (0).
    Done,
    /// Done, but some lines could not be read, or every source was unavailable (1).
    Incomplete,
    /// Refused on purpose: unhealthy, no money left, a gate blocked (3).
    Refused,
    /// Stopped by a signal; what was recorded can be resumed (130).
    Interrupted,
}

impl Exit {
    /// The number the shell sees.
    #[must_use]
    pub fn code(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::Incomplete => 1,
            Self::Refused => 3,
            Self::Interrupted => 130,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.code())
    }
}

/// An error that stops a tool, with the next step for the person who sees it.
///
/// It ends the tool with exit code 2 (wrong use or configuration).
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub struct Stop {
    /// What is wrong: names the place, what was expected and what was found.
    pub message: String,
    /// A command or a correction that can be pasted.
    pub hint: Option<String>,
}

impl Stop {
    /// An error without a next step.
    pub fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), hint: None }
    }

    /// Adds the next step.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}
