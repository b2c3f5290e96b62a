//! What all attempts share: the session, the limits, the time.

use std::path::PathBuf;

use il_core::exit::Stop;
use il_core::id::{Alias, CandidateId};
use il_core::mirror::{Base, Mirror, Source, TargetError};
use il_core::session::Session;
use il_forge::{Forge, LocalForge};
use jiff::Timestamp;

/// Everything an attempt needs besides its line.
pub struct Workshop {
    /// Home, run and targets.
    pub session: Session,
    /// When this tool was started.
    pub now: Timestamp,
}

/// One target, opened.
pub struct Opened {
    /// The owner's repo.
    pub source: Source,
    /// Where work starts from.
    pub base: Base,
    /// Our mirror.
    pub mirror: Mirror,
}

impl Workshop {
    /// Opens a target and brings our mirror up to date.
    ///
    /// # Errors
    /// Says what is wrong with the target.
    pub fn target(&self, alias: &Alias) -> Result<Opened, Stop> {
        let branch = self.session.target(alias)?.branch.clone();
        let source = self.session.source(alias)?;
        let base = source.base(branch.as_deref()).map_err(TargetError::into_stop)?;
        // Checks that the folder is ours before anything in it is used.
        self.session.home.path("repos")?;
        let mirror =
            Mirror::refresh(&self.session.mirror(alias), &source, &base).map_err(TargetError::into_stop)?;
        Ok(Opened { source, base, mirror })
    }

    /// The forge of a target.
    #[must_use]
    pub fn forge(&self, alias: &Alias, source: &Source) -> Box<dyn Forge> {
        Box::new(LocalForge::of(&self.session.home, alias, source))
    }

    /// The worktree of a candidate, left for inspection.
    ///
    /// # Errors
    /// When the home folder cannot be written.
    pub fn worktree(&self, alias: &Alias, id: &CandidateId) -> Result<PathBuf, Stop> {
        self.session.home.path(&format!("worktrees/{alias}/{id}"))
    }

    /// The folder for what is left of an attempt; `None` outside a run.
    ///
    /// # Errors
    /// When the home folder cannot be written.
    pub fn record(&self, alias: &Alias, id: &CandidateId) -> Result<Option<PathBuf>, Stop> {
        let folder = self.session.folder()?;
        Ok(folder.map(|folder| folder.join("workers").join(alias.as_str()).join(id.as_str())))
    }
}
