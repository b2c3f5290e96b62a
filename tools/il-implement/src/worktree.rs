//! A worktree of our own mirror: made, written to, harvested, made afresh.
//!
//! Our git never reads a git dir or an index that was within reach of whoever
//! edited: explicit git dir, own index, explicit work tree.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use il_core::atomic;
use il_core::git::{Git, GitError};
use il_core::mirror::{check_out, remove_checkout};
use jiff::Timestamp;

/// Who our commits are by.
const AUTHOR: &str = "improve-loop";
/// An address that can never receive mail (RFC 2606).
const MAIL: &str = "improve-loop@localhost.invalid";

/// Why a worktree could not be used.
#[derive(Debug, thiserror::Error)]
pub enum WorktreeError {
    /// Git failed.
    #[error(transparent)]
    Git(#[from] GitError),
    /// The disk failed.
    #[error("`{path}`: {source}")]
    Disk {
        /// Where.
        path: String,
        /// Why.
        source: io::Error,
    },
    /// A path leads through a link.
    #[error("`{0}` leads through a symbolic link")]
    Link(String),
    /// Somebody's work is in the way.
    #[error("`{0}` has changes that are in no commit of ours; move it away")]
    InTheWay(String),
}

/// A folder with a commit checked out.
pub struct Worktree<'g> {
    git: &'g Git,
    folder: PathBuf,
}

impl<'g> Worktree<'g> {
    /// Checks `commit` out into a scratch folder of ours; a leftover of a killed attempt goes.
    ///
    /// # Errors
    /// When git or the disk fail.
    pub fn create(git: &'g Git, folder: &Path, commit: &str) -> Result<Self, WorktreeError> {
        let worktree = Self { git, folder: folder.to_owned() };
        worktree.remove()?;
        check_out(git, folder, commit)?;
        Ok(worktree)
    }

    /// Leaves `branch` checked out in `folder` for inspection, in place of an earlier one that
    /// held nothing but a commit of ours.
    ///
    /// # Errors
    /// When git or the disk fail, or somebody's work is in the way.
    pub fn leave(git: &'g Git, folder: &Path, branch: &str) -> Result<(), WorktreeError> {
        let left = Self { git, folder: folder.to_owned() };
        left.remove()?;
        Ok(check_out(git, folder, branch)?)
    }

    /// Is a folder from an earlier time free to be replaced: not there, or nothing but the
    /// commit that it was left with?
    ///
    /// # Errors
    /// When somebody's work is in it, or it cannot be read.
    pub fn check_free(git: &'g Git, folder: &Path, branch: &str) -> Result<(), WorktreeError> {
        if !folder.exists() {
            return Ok(());
        }
        let left = Self { git, folder: folder.to_owned() };
        let clean = match git.commit(&format!("refs/heads/{branch}"))? {
            Some(kept) => left.harvest(&kept)? == tree_of(git, &kept)?,
            None => false,
        };
        if clean { Ok(()) } else { Err(WorktreeError::InTheWay(folder.display().to_string())) }
    }

    /// Writes a file that exists already, keeping its mode. Never follows a link.
    ///
    /// # Errors
    /// When the path leads through a link, or the disk fails.
    pub fn write(&self, path: &str, text: &str) -> Result<(), WorktreeError> {
        let mut at = self.folder.clone();
        for part in path.split('/') {
            at.push(part);
            let kind = fs::symlink_metadata(&at).map_err(|error| disk(&at, error))?;
            if kind.is_symlink() {
                return Err(WorktreeError::Link(path.to_owned()));
            }
        }
        let mode = fs::metadata(&at).map_err(|error| disk(&at, error))?.permissions();
        atomic::write(&at, text.as_bytes()).map_err(|error| disk(&at, error))?;
        fs::set_permissions(&at, mode).map_err(|error| disk(&at, error))
    }

    /// The tree of everything in the folder, compared with `base` by an index of our own.
    ///
    /// # Errors
    /// When git or the disk fail.
    pub fn harvest(&self, base: &str) -> Result<String, WorktreeError> {
        let scratch = tempfile::tempdir().map_err(|error| disk(&self.folder, error))?;
        let index = scratch.path().join("index");
        let git = |args: &[&str]| -> Result<String, GitError> {
            self.git
                .command(args.iter().copied())?
                .env("GIT_INDEX_FILE", &index)
                .env("GIT_WORK_TREE", &self.folder)
                .folder(&self.folder)
                .text()
        };
        git(&["read-tree", base])?;
        git(&["add", "--all", "--", "."])?;
        Ok(git(&["write-tree"])?.trim().to_owned())
    }

    /// Takes the folder away.
    ///
    /// # Errors
    /// When git or the disk fail.
    pub fn remove(&self) -> Result<(), WorktreeError> {
        Ok(remove_checkout(self.git, &self.folder)?)
    }
}

/// The tree of a commit.
///
/// # Errors
/// When git fails.
pub fn tree_of(git: &Git, commit: &str) -> Result<String, GitError> {
    let spec = format!("{commit}^{{tree}}");
    Ok(git.command(["rev-parse", "--verify", "--end-of-options", &spec])?.text()?.trim().to_owned())
}

/// A commit of ours, not yet on any branch.
///
/// # Errors
/// When git fails.
pub fn commit(
    git: &Git,
    tree: &str,
    parent: &str,
    message: &str,
    now: Timestamp,
) -> Result<String, GitError> {
    let date = format!("@{} +0000", now.as_second());
    let mut command = git.command(["commit-tree", tree, "-p", parent, "-F", "-"])?.stdin(message);
    for who in ["AUTHOR", "COMMITTER"] {
        command = command
            .env(&format!("GIT_{who}_NAME"), AUTHOR)
            .env(&format!("GIT_{who}_EMAIL"), MAIL)
            .env(&format!("GIT_{who}_DATE"), &date);
    }
    Ok(command.text()?.trim().to_owned())
}

fn disk(path: &Path, source: io::Error) -> WorktreeError {
    WorktreeError::Disk { path: path.display().to_string(), source }
}
