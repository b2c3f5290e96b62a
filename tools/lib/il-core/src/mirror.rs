//! Our own bare mirror of a target: the only repo that we write to, and that no worker may.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use crate::atomic;
use crate::exit::Stop;
use crate::git::{Git, GitError, far_end};

/// The part of a target's history that work starts from.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Base {
    /// The branch to merge into; `None` when the target has a detached HEAD and no main branch.
    pub branch: Option<String>,
    /// Its newest commit.
    pub sha: String,
}

/// Why a target cannot be worked on.
#[derive(Debug, thiserror::Error)]
pub enum TargetError {
    /// The folder is not there.
    #[error("target `{alias}`: `{}` is not a folder", path.display())]
    NoFolder {
        /// The target.
        alias: String,
        /// Where it should be.
        path: PathBuf,
    },
    /// It is not a git repo.
    #[error("target `{alias}`: `{}` is not the top of a git repo", path.display())]
    NoRepo {
        /// The target.
        alias: String,
        /// Where it is.
        path: PathBuf,
    },
    /// It has no commit.
    #[error("target `{alias}`: `{}` has no commit yet", path.display())]
    Empty {
        /// The target.
        alias: String,
        /// Where it is.
        path: PathBuf,
    },
    /// The configured branch is not there.
    #[error("target `{alias}`: branch `{branch}` does not exist")]
    NoBranch {
        /// The target.
        alias: String,
        /// What the configuration asks for.
        branch: String,
    },
    /// Git failed.
    #[error("target `{alias}`: {source}")]
    Git {
        /// The target.
        alias: String,
        /// What git said.
        source: GitError,
    },
    /// The file system failed.
    #[error("target `{alias}`: {source}")]
    Disk {
        /// The target.
        alias: String,
        /// What the system said.
        source: std::io::Error,
    },
}

impl TargetError {
    /// The error that ends a tool, with its next step.
    #[must_use]
    pub fn into_stop(self) -> Stop {
        let hint = self.hint();
        let stop = Stop::new(self.to_string());
        match hint {
            Some(hint) => stop.hint(hint),
            None => stop,
        }
    }

    /// The next step for a person.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::NoFolder { .. } => {
                Some("name a folder: --target DIR, or `path` in improve-loop.toml".into())
            }
            Self::NoRepo { path, .. } => Some(format!("git -C '{}' init", path.display())),
            Self::Empty { path, .. } => Some(format!("git -C '{}' commit -m 'first'", path.display())),
            Self::Git { source: GitError::Missing, .. } => {
                Some("install git 2.39.5 or newer and try again".into())
            }
            _ => None,
        }
    }
}

/// A target's repo as its owner has it: only ever read, but for branches of ours.
#[derive(Clone, Debug)]
pub struct Source {
    alias: String,
    folder: PathBuf,
    git: Git,
}

impl Source {
    /// Opens the repo in `folder`.
    ///
    /// # Errors
    /// When the folder is missing or not a git repo.
    pub fn open(alias: &str, folder: &Path) -> Result<Self, TargetError> {
        let alias = alias.to_owned();
        let Ok(path) = folder.canonicalize() else {
            let path = folder.to_owned();
            return Err(TargetError::NoFolder { alias, path });
        };
        match Git::at(&path) {
            Ok(Some(git)) => Ok(Self { alias, folder: path, git }),
            Ok(None) => Err(TargetError::NoRepo { alias, path }),
            Err(source) => Err(TargetError::Git { alias, source }),
        }
    }

    /// The repo.
    #[must_use]
    pub fn git(&self) -> &Git {
        &self.git
    }

    /// Where work starts from: `wanted`, else what `origin` calls its HEAD,
    /// else the branch that is checked out if it is `main` or `master`, else
    /// `main`, `master`, the branch that is checked out, or a detached HEAD.
    ///
    /// # Errors
    /// When there is no commit, or `wanted` does not exist.
    pub fn base(&self, wanted: Option<&str>) -> Result<Base, TargetError> {
        let head = |name: &str| format!("refs/heads/{name}");
        if let Some(branch) = wanted {
            return self.branch(branch)?.ok_or_else(|| TargetError::NoBranch {
                alias: self.alias.clone(),
                branch: branch.to_owned(),
            });
        }
        let current = self.symbolic("HEAD", &head(""))?;
        let origin = self.symbolic("refs/remotes/origin/HEAD", "refs/remotes/origin/")?;
        let main = || ["main".to_owned(), "master".to_owned()];
        let checked_out_main = current.clone().filter(|name| main().contains(name));
        let order = origin.into_iter().chain(checked_out_main).chain(main()).chain(current);
        for branch in order {
            if let Some(base) = self.branch(&branch)? {
                return Ok(base);
            }
        }
        match self.git.commit("HEAD").map_err(|e| self.git_error(e))? {
            Some(sha) => Ok(Base { branch: None, sha }),
            None => Err(TargetError::Empty { alias: self.alias.clone(), path: self.folder.clone() }),
        }
    }

    fn branch(&self, name: &str) -> Result<Option<Base>, TargetError> {
        let sha = self.git.commit(&format!("refs/heads/{name}")).map_err(|error| self.git_error(error))?;
        Ok(sha.map(|sha| Base { branch: Some(name.to_owned()), sha }))
    }

    fn symbolic(&self, name: &str, prefix: &str) -> Result<Option<String>, TargetError> {
        let output = self
            .git
            .command(["symbolic-ref", "--quiet", name])
            .and_then(crate::git::GitCommand::output)
            .map_err(|error| self.git_error(error))?;
        let text = String::from_utf8_lossy(&output.stdout).trim().to_owned();
        Ok(text.strip_prefix(prefix).map(str::to_owned))
    }

    fn git_error(&self, source: GitError) -> TargetError {
        let alias = self.alias.clone();
        TargetError::Git { alias, source }
    }
}

/// Holds a mirror for whoever fetches into it or registers worktrees: git reads the
/// registrations of all others meanwhile, and fails on one that is half written.
///
/// # Errors
/// When the disk refuses.
pub fn lock(git_dir: &Path) -> io::Result<File> {
    let file = atomic::lock(&git_dir.with_extension("lock"))?;
    file.lock()?;
    Ok(file)
}

/// Checks a commit or a branch out into a new folder, registered as a worktree of the mirror.
///
/// Only the registration is serialised; the files are written in parallel.
///
/// # Errors
/// When git or the disk fail.
pub fn check_out(git: &Git, folder: &Path, what: &str) -> Result<(), GitError> {
    {
        let _lock = lock(git.git_dir()).map_err(GitError::Disk)?;
        // `--force` replaces what is still registered for a folder that has gone.
        let command = git.command(["worktree", "add", "--quiet", "--force", "--no-checkout"])?;
        command.arg(folder).arg(what).run()?;
    }
    // The folder's link to us is fresh: nobody but us has been there.
    let mut git_dir = fs::read_to_string(folder.join(".git")).map_err(GitError::Disk)?;
    git_dir.drain(.."gitdir: ".len().min(git_dir.len()));
    Git::open(Path::new(git_dir.trim()))?
        .command(["reset", "--hard", "--quiet", "--no-recurse-submodules"])?
        .env("GIT_WORK_TREE", folder)
        .folder(folder)
        .run()?;
    Ok(())
}

/// Takes a worktree away, folder and registration.
///
/// # Errors
/// When git cannot be started or the disk fails.
pub fn remove_checkout(git: &Git, folder: &Path) -> Result<(), GitError> {
    let _lock = lock(git.git_dir()).map_err(GitError::Disk)?;
    // Fails where the folder's link to us was damaged: then only the folder goes.
    git.command(["worktree", "remove", "--force"])?.arg(folder).to_its_end().output()?;
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(GitError::Disk(error)),
        _ => Ok(()),
    }
}

/// Our bare mirror of one target.
#[derive(Debug)]
pub struct Mirror {
    git: Git,
}

impl Mirror {
    /// Makes or refreshes the mirror at `git_dir` so that it has `base`.
    ///
    /// One process at a time fetches; others wait.
    ///
    /// # Errors
    /// When the disk or git fails.
    pub fn refresh(git_dir: &Path, source: &Source, base: &Base) -> Result<Self, TargetError> {
        let disk = |error| TargetError::Disk { alias: source.alias.clone(), source: error };
        let _lock = lock(git_dir).map_err(disk)?;
        let git = if git_dir.join("HEAD").is_file() {
            // Whatever stands in its configuration, ours is this.
            source.git.write_config(git_dir).map_err(disk)?;
            for not_ours in ["commondir", "info/attributes", "objects/info/alternates", "config.worktree"] {
                match fs::remove_file(git_dir.join(not_ours)) {
                    Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(disk(error)),
                    _ => {}
                }
            }
            Git::open(git_dir)
        } else {
            Git::init_bare(git_dir, &source.git)
        }
        .map_err(|error| source.git_error(error))?;
        let mirror = Self { git };
        mirror.fetch(source, base).map_err(|error| source.git_error(error))?;
        Ok(mirror)
    }

    fn fetch(&self, source: &Source, base: &Base) -> Result<(), GitError> {
        if self.git.commit(&base.sha)?.is_some() {
            return Ok(());
        }
        // HEAD alone when it is detached: no branch leads to the commit.
        let refspec = match &base.branch {
            Some(branch) => format!("+refs/heads/{branch}:refs/source/{branch}"),
            None => "+HEAD:refs/source/HEAD".to_owned(),
        };
        self.git
            .command([
                "fetch",
                "--quiet",
                "--no-tags",
                "--no-write-fetch-head",
                "--no-recurse-submodules",
                "--update-shallow",
            ])?
            .arg(format!("--upload-pack={}", far_end("upload-pack")))
            .arg("--")
            .arg(source.git.git_dir())
            .arg(refspec)
            .run()?;
        Ok(())
    }

    /// The repo.
    #[must_use]
    pub fn git(&self) -> &Git {
        &self.git
    }
}
