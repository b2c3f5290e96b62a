//! Where things live at run time: the home repo, its `.improve-loop` folder, the folder of a run.

use std::collections::BTreeMap;
use std::fs;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::cli::{Common, Context};
use crate::config::{Config, FILE, Intensity, Mode, Numbers, Target};
use crate::exit::Stop;
use crate::git::Git;
use crate::id::{Alias, RunId};
use crate::line::Line;
use crate::lines::Numbered;
use crate::{atomic, environment};

/// The folder in the home repo that holds everything but the state file.
pub const FOLDER: &str = ".improve-loop";

/// The home repo.
#[derive(Clone, Debug)]
pub struct Home {
    /// Its folder.
    pub folder: PathBuf,
    /// The configuration in force.
    pub config: Config,
    /// Where the configuration was read from, if there is one.
    pub config_path: Option<PathBuf>,
}

impl Home {
    /// Finds the home: where `--config` lies, else the nearest folder upwards
    /// with an `improve-loop.toml`, else the repo around this folder, else this folder.
    ///
    /// # Errors
    /// When the configuration is wrong.
    pub fn find(common: &Common, context: &Context) -> Result<Self, Stop> {
        let config_path = match &common.config {
            Some(path) => Some(context.folder.join(path)),
            None => context.folder.ancestors().map(|f| f.join(FILE)).find(|f| f.is_file()),
        };
        if let Some(path) = config_path {
            let config = Config::load(&path)?;
            let folder = path.parent().unwrap_or(&context.folder).to_owned();
            return Ok(Self { folder, config, config_path: Some(path) });
        }
        let repo = context.folder.ancestors().find(|f| f.join(".git").exists());
        Ok(Self {
            folder: repo.unwrap_or(&context.folder).to_owned(),
            config: Config::default(),
            config_path: None,
        })
    }

    /// A path below `.improve-loop`; makes the folder, which git ignores.
    ///
    /// # Errors
    /// When the disk refuses, and when the folder came with the repo: then others chose what is in it.
    pub fn path(&self, below: &str) -> Result<PathBuf, Stop> {
        let folder = self.folder.join(FOLDER);
        let shown = folder.display();
        match fs::symlink_metadata(&folder) {
            Ok(meta) if !meta.is_dir() => {
                return Err(Stop::new(format!("`{shown}` is not a folder"))
                    .hint(format!("move it away: mv '{shown}' '{shown}.old'")));
            }
            Ok(_) if self.came_with_the_repo()? => {
                return Err(Stop::new(format!("`{shown}` is part of the repo: what is in it is not ours"))
                    .hint(format!("git rm -r --cached {FOLDER} && mv '{shown}' '{shown}.old'")));
            }
            Ok(_) => {}
            Err(_) => atomic::write(&folder.join(".gitignore"), b"*\n")
                .map_err(|error| Stop::new(error.to_string()))?,
        }
        Ok(folder.join(below))
    }

    /// Is anything of `.improve-loop` committed or staged here? Looked up once.
    fn came_with_the_repo(&self) -> Result<bool, Stop> {
        static KNOWN: OnceLock<bool> = OnceLock::new();
        if let Some(known) = KNOWN.get() {
            return Ok(*known);
        }
        let tracked = Git::tracks(&self.folder, FOLDER).map_err(Stop::from)?;
        Ok(*KNOWN.get_or_init(|| tracked))
    }

    /// The state file.
    #[must_use]
    pub fn state_file(&self) -> PathBuf {
        self.folder.join("docs/runtime/improve-loop-state.yaml")
    }

    /// The targets by alias: the configured ones, else the home repo itself.
    #[must_use]
    pub fn targets(&self) -> BTreeMap<Alias, Target> {
        if self.config.targets.is_empty() {
            let target = Target { path: self.folder.clone(), ..Target::default() };
            return BTreeMap::from([(alias_of(&self.folder), target)]);
        }
        let absolute = |(alias, target): (&Alias, &Target)| {
            let path = self.folder.join(&target.path);
            let path = path.canonicalize().unwrap_or(path);
            (alias.clone(), Target { path, ..target.clone() })
        };
        self.config.targets.iter().map(absolute).collect()
    }
}

/// An alias made of a folder's name.
#[must_use]
pub fn alias_of(folder: &Path) -> Alias {
    let folder = folder.canonicalize().unwrap_or_else(|_| folder.to_owned());
    let name = folder.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned());
    let clean: String = name
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() || matches!(c, '_' | '-') { c } else { '-' })
        .collect();
    let clean = clean.trim_matches('-');
    clean
        .chars()
        .take(60)
        .collect::<String>()
        .parse()
        .unwrap_or_else(|_| "repo".parse().expect("a valid alias"))
}

/// `--target`: an alias, a folder, or `ALIAS=FOLDER`.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct TargetFlag(String);

impl std::str::FromStr for TargetFlag {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text.is_empty() {
            return Err("expected an alias, a folder or ALIAS=FOLDER, found nothing".into());
        }
        Ok(Self(text.to_owned()))
    }
}

/// The targets that the flags name; without flags, all of `known`.
///
/// # Errors
/// When a flag names neither a known alias nor a folder.
pub fn select_targets(
    flags: &[TargetFlag],
    known: &BTreeMap<Alias, Target>,
    context: &Context,
) -> Result<BTreeMap<Alias, Target>, Stop> {
    if flags.is_empty() {
        return Ok(known.clone());
    }
    let mut selected = BTreeMap::new();
    for TargetFlag(text) in flags {
        let (alias, target) = select_one(text, known, context)?;
        let path = target.path.clone();
        if let Some(other) = selected.insert(alias.clone(), target).filter(|other| other.path != path) {
            let (one, two) = (other.path.display(), path.display());
            return Err(Stop::new(format!("--target: `{one}` and `{two}` would both be called `{alias}`"))
                .hint("name them: --target ONE=FOLDER --target OTHER=FOLDER"));
        }
    }
    Ok(selected)
}

fn select_one(
    text: &str,
    known: &BTreeMap<Alias, Target>,
    context: &Context,
) -> Result<(Alias, Target), Stop> {
    if let Some((alias, target)) = known.iter().find(|(alias, _)| alias.as_str() == text) {
        return Ok((alias.clone(), target.clone()));
    }
    let (alias, folder) = match text.split_once('=') {
        Some((alias, folder)) if !context.folder.join(text).exists() => {
            let alias: Alias = alias.parse().map_err(|why| Stop::new(format!("--target: {why}")))?;
            (Some(alias), context.folder.join(folder))
        }
        _ => (None, context.folder.join(text)),
    };
    if !folder.is_dir() {
        let aliases: Vec<_> = known.keys().map(Alias::as_str).collect();
        let stop = Stop::new(format!(
            "--target: expected a folder or one of {}, found `{text}`",
            crate::text::list(&aliases)
        ));
        return Err(match crate::nearest::nearest(text, aliases) {
            Some(word) => stop.hint(format!("did you mean `{word}`?")),
            None => stop,
        });
    }
    let path = folder.canonicalize().unwrap_or(folder);
    // A configured target by its folder keeps its alias, branch and check.
    let same = |(_, target): &(&Alias, &Target)| target.path == path;
    match (alias, known.iter().find(same)) {
        (alias, Some((name, target))) => Ok((alias.unwrap_or_else(|| name.clone()), target.clone())),
        (alias, None) => Ok((alias.unwrap_or_else(|| alias_of(&path)), Target { path, ..Target::default() })),
    }
}

/// What was decided when a run began: `run.json`.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "schema", schemars(title = "run"))]
pub struct Run {
    /// Its id.
    pub run: RunId,
    /// When it began (RFC 3339, UTC).
    pub started_at: String,
    /// Who thinks and edits.
    pub mode: Mode,
    /// How much is done.
    pub intensity: Intensity,
    /// The numbers in force.
    pub numbers: Numbers,
    /// The targets with absolute paths.
    pub targets: BTreeMap<Alias, Target>,
}

impl Run {
    /// A new run id: the time, and four hex digits against a second run in the same second.
    #[must_use]
    pub fn new_id(now: Timestamp) -> RunId {
        let mut random = [0; 2];
        let read = fs::File::open("/dev/urandom").and_then(|mut file| file.read_exact(&mut random));
        if read.is_err() {
            random = (std::process::id() as u16).to_be_bytes();
        }
        format!("{}-{:02x}{:02x}", now.strftime("%Y%m%dT%H%M%SZ"), random[0], random[1])
            .parse()
            .expect("digits and letters")
    }

    /// The folder of a run.
    ///
    /// # Errors
    /// When the disk refuses.
    pub fn folder(home: &Home, run: &RunId) -> Result<PathBuf, Stop> {
        home.path(&format!("runs/{run}"))
    }

    /// Writes `run.json`.
    ///
    /// # Errors
    /// When the disk refuses.
    pub fn save(&self, home: &Home) -> Result<(), Stop> {
        let path = Self::folder(home, &self.run)?.join("run.json");
        let text = serde_json::to_string_pretty(self).expect("our own types serialise");
        atomic::write(&path, text.as_bytes()).map_err(|error| Stop::new(error.to_string()))
    }

    /// Reads `run.json`.
    ///
    /// # Errors
    /// When there is no such run, or its file cannot be read.
    pub fn load(home: &Home, run: &RunId) -> Result<Self, Stop> {
        let path = home.folder.join(FOLDER).join("runs").join(run.as_str()).join("run.json");
        let text = fs::read_to_string(&path).map_err(|error| {
            Stop::new(format!("run `{run}`: `{}`: {error}", path.display()))
                .hint("start it in the home repo of that run, or name its configuration: --config FILE")
        })?;
        serde_json::from_str(&text)
            .map_err(|error| Stop::new(format!("run `{run}`: `{}`: {error}", path.display())))
    }
}

/// Which run this is: `--run`, else `IL_RUN`, else what the lines say, else none.
///
/// # Errors
/// When the lines belong to several runs and no flag decides.
pub fn which_run(common: &Common, lines: &[Numbered]) -> Result<Option<RunId>, Stop> {
    if let Some(run) = &common.run {
        return Ok(Some(run.clone()));
    }
    if let Some(text) = environment::var("IL_RUN") {
        let run = text.parse().map_err(|why| Stop::new(format!("IL_RUN: {why}")))?;
        return Ok(Some(run));
    }
    let mut found: Option<RunId> = None;
    for numbered in lines {
        let Some(run) = run_of(&numbered.line) else {
            continue;
        };
        match &found {
            Some(first) if *first != run => {
                return Err(Stop::new(format!(
                    "line {}: the lines belong to several runs (`{first}` and `{run}`)",
                    numbered.number
                ))
                .hint("choose one: --run RUN"));
            }
            _ => found = Some(run),
        }
    }
    Ok(found)
}

fn run_of(line: &Line) -> Option<RunId> {
    #[derive(Deserialize)]
    struct OnlyRun {
        run: Option<RunId>,
    }
    // A wrong `discover` is reported by whoever needs it.
    let of = |name: &str| serde_json::from_str::<OnlyRun>(line.raw(name)?).ok()?.run;
    of("discover").or_else(|| of("assignment"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_alias_is_made_of_any_folder_name() {
        for (folder, alias) in [("/x/my repo", "my-repo"), ("/x/größe", "gr--e"), ("/", "repo")] {
            assert_eq!(alias_of(Path::new(folder)).as_str(), alias);
        }
    }

    #[test]
    fn run_ids_are_valid_and_sort_by_time() {
        let at = |s| Run::new_id(Timestamp::from_second(s).unwrap());
        assert!(at(0).as_str() < at(100_000).as_str());
        assert!(at(0).as_str().starts_with("19700101T000000Z-"));
    }
}
