//! One line, and what there is to do about it.

use il_core::candidate::Candidate;
use il_core::line::{Line, LineError};
use il_core::member::{Discover, Implement, Recipe, Status, Triage, Verdict};

use crate::args::Args;

/// What a line asks for.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Work {
    /// Nothing: it is passed on.
    Pass,
    /// Do it.
    Attempt,
    /// It is ready: open the merge request.
    Publish,
}

/// A candidate on its way through this tool.
pub struct Task {
    line: Line,
    /// Its own members.
    pub candidate: Candidate,
    /// How it was found.
    pub discover: Option<Discover>,
    verdict: Option<Verdict>,
    /// What was done, now or earlier.
    pub implement: Option<Implement>,
    /// True once this run has done something about it.
    pub touched: bool,
}

impl Task {
    /// Reads a line.
    ///
    /// # Errors
    /// Names the member that is wrong.
    pub fn read(line: Line) -> Result<Self, LineError> {
        let triage: Option<Triage> = line.get("triage", "an object with a verdict")?;
        Ok(Self {
            candidate: Candidate::from_line(&line)?,
            discover: line.get("discover", "what il-discover writes")?,
            verdict: triage.map(|triage| triage.verdict),
            implement: line.get("implement", "what il-implement writes")?,
            touched: false,
            line,
        })
    }

    /// What the line asks for.
    pub fn work(&self, args: &Args) -> Work {
        if self.verdict != Some(Verdict::Accepted) {
            return Work::Pass;
        }
        match self.status() {
            None | Some(Status::Deferred | Status::Interrupted | Status::NeedsWorker) if !args.publish => {
                Work::Attempt
            }
            Some(Status::Ready) if !args.no_publish => Work::Publish,
            _ => Work::Pass,
        }
    }

    /// How it ended, if it was tried.
    pub fn status(&self) -> Option<Status> {
        self.implement.as_ref().map(|implement| implement.status)
    }

    /// The deterministic fix, if the line names one.
    pub fn recipe(&self) -> Option<&Recipe> {
        self.discover.as_ref()?.recipe.as_ref()
    }

    /// The canonical name of the idea.
    pub fn key(&self) -> String {
        match &self.discover {
            Some(discover) => discover.key.clone(),
            None => self.candidate.own_key(),
        }
    }

    /// The branch of this candidate.
    pub fn branch(&self) -> String {
        format!("{}{}", il_forge::BRANCH_PREFIX, self.candidate.id)
    }

    /// The line, with what was done.
    pub fn into_line(mut self) -> Line {
        if let Some(implement) = self.implement.as_ref().filter(|_| self.touched) {
            self.line.set("implement", implement);
        }
        self.line
    }
}
