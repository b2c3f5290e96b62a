//! What all verdicts share: the home, the targets, the rules.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use il_core::cli::Context;
use il_core::config::{ShipRules, Target};
use il_core::exit::Stop;
use il_core::git::Git;
use il_core::home::{FOLDER, Home, Run, select_targets, which_run};
use il_core::id::{Alias, RunId};
use il_core::lines::{Numbered, Rejects};
use il_core::mirror::Source;
use il_forge::{Forge, LocalForge};
use jiff::Timestamp;

use crate::args::Args;

/// Everything a verdict needs besides its line.
pub struct Shipyard {
    /// The home repo.
    pub home: Home,
    targets: BTreeMap<Alias, Target>,
    /// The run, inside one.
    pub run: Option<RunId>,
    /// How merge requests are judged.
    pub rules: ShipRules,
    /// May the targets' checks run without a sandbox?
    pub unsafe_no_sandbox: bool,
    /// When this tool was started.
    pub now: Timestamp,
}

impl Shipyard {
    /// Finds home, run and targets.
    ///
    /// # Errors
    /// On wrong configuration or flags.
    pub fn open(
        args: &Args,
        lines: &[Numbered],
        context: &Context,
        rejects: &mut Rejects,
    ) -> Result<Self, Stop> {
        let home = Home::find(&args.common, context)?;
        let run = which_run(&args.common, lines)?;
        let loaded = run.as_ref().map(|run| Run::load(&home, run)).transpose()?;
        if let Some(run) = run.as_ref().filter(|_| args.stream.rejects.is_none()) {
            rejects.to(Run::folder(&home, run)?.join("rejects.ndjson"));
        }
        let known = loaded.map_or_else(|| home.targets(), |run| run.targets);
        let mut targets = known.clone();
        if !args.target.is_empty() {
            targets.extend(select_targets(&args.target, &known, context)?);
        }
        Ok(Self {
            rules: home.config.ship.clone(),
            unsafe_no_sandbox: args.unsafe_no_sandbox,
            now: context.now,
            targets,
            run,
            home,
        })
    }

    /// A target's settings.
    ///
    /// # Errors
    /// When nobody knows it.
    pub fn target(&self, alias: &Alias) -> Result<&Target, String> {
        self.targets
            .get(alias)
            .ok_or_else(|| format!("target `{alias}` is not known; name it with --target {alias}=FOLDER"))
    }

    /// The forge of a target.
    ///
    /// # Errors
    /// When its repo cannot be opened.
    pub fn forge(&self, alias: &Alias) -> Result<Box<dyn Forge>, String> {
        let source =
            Source::open(alias.as_str(), &self.target(alias)?.path).map_err(|error| error.to_string())?;
        let folder = self.below(&format!("requests/{alias}"));
        Ok(Box::new(LocalForge::new(folder, source.git().clone())))
    }

    /// Our mirror of a target.
    ///
    /// # Errors
    /// When it is not there.
    pub fn mirror(&self, alias: &Alias) -> Result<Git, String> {
        Git::open(&self.below(&format!("repos/{alias}.git"))).map_err(|error| error.to_string())
    }

    /// How long a check may take.
    pub fn limit(&self) -> Duration {
        Duration::from_secs(self.rules.check_minutes * 60)
    }

    fn below(&self, path: &str) -> PathBuf {
        self.home.folder.join(FOLDER).join(path)
    }
}
