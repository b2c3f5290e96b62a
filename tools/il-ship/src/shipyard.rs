//! What all verdicts share: the session, the permission, the time.

use std::time::Duration;

use il_core::exit::Stop;
use il_core::git::Git;
use il_core::id::Alias;
use il_core::session::Session;
use il_forge::{Forge, LocalForge};
use jiff::Timestamp;

/// Everything a verdict needs besides its line.
pub struct Shipyard {
    /// Home, run and targets.
    pub session: Session,
    /// May the targets' checks run without a sandbox?
    pub unsafe_no_sandbox: bool,
    /// When this tool was started.
    pub now: Timestamp,
}

impl Shipyard {
    /// The forge of a target.
    ///
    /// # Errors
    /// When its repo cannot be opened.
    pub fn forge(&self, alias: &Alias) -> Result<Box<dyn Forge>, Stop> {
        let source = self.session.source(alias)?;
        Ok(Box::new(LocalForge::of(&self.session.home, alias, &source)))
    }

    /// Our mirror of a target.
    ///
    /// # Errors
    /// When it is not there, or not ours.
    pub fn mirror(&self, alias: &Alias) -> Result<Git, Stop> {
        self.session.home.path("repos")?;
        Git::open(&self.session.mirror(alias)).map_err(Stop::from)
    }

    /// How long a check may take.
    pub fn limit(&self) -> Duration {
        Duration::from_secs(self.session.home.config.ship.check_seconds)
    }
}
