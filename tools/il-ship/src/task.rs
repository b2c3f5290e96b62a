//! One line, and whether it waits for a verdict.

use il_core::candidate::Candidate;
use il_core::line::{Line, LineError};
use il_core::member::{Discover, Implement, Request, Ship, ShipVerdict, Status};

/// A candidate on its way through this tool.
pub struct Task {
    line: Line,
    /// Its own members.
    pub candidate: Candidate,
    /// The canonical name of the idea.
    pub key: String,
    /// What was done.
    pub implement: Option<Implement>,
    /// What came of it, now or earlier.
    pub ship: Option<Ship>,
    /// True once this run has judged it.
    pub touched: bool,
}

impl Task {
    /// Reads a line.
    ///
    /// # Errors
    /// Names the member that is wrong.
    pub fn read(line: Line) -> Result<Self, LineError> {
        let candidate = Candidate::from_line(&line)?;
        let discover: Option<Discover> = line.get("discover", "what il-discover writes")?;
        Ok(Self {
            key: discover.map_or_else(|| candidate.own_key(), |discover| discover.key),
            implement: line.get("implement", "what il-implement writes")?,
            ship: line.get("ship", "what il-ship writes")?,
            touched: false,
            candidate,
            line,
        })
    }

    /// True for an open merge request without a verdict, or with one that may change.
    pub fn is_waiting(&self) -> bool {
        let opened = self.implement.as_ref().is_some_and(|done| done.status == Status::Opened);
        opened && self.verdict().is_none_or(|verdict| verdict == ShipVerdict::Pending)
    }

    /// The verdict, if there is one.
    pub fn verdict(&self) -> Option<ShipVerdict> {
        self.ship.as_ref().map(|ship| ship.verdict)
    }

    /// The merge request.
    pub fn request(&self) -> Option<&Request> {
        self.implement.as_ref()?.request.as_ref()
    }

    /// The line, with the verdict.
    pub fn line(&self) -> Line {
        let mut line = self.line.clone();
        if let Some(ship) = self.ship.as_ref().filter(|_| self.touched) {
            line.set("ship", ship);
        }
        line
    }
}
