//! Files that are whole or not there: written beside, synced, renamed.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

/// Opens a file to lock it: made where it is missing, never emptied, never through a link.
///
/// # Errors
/// Any error of the file system, with the path in its text.
pub fn lock(path: &Path) -> io::Result<File> {
    let named = |error: io::Error| io::Error::new(error.kind(), format!("`{}`: {error}", path.display()));
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).map_err(named)?;
    }
    let no_follow = rustix::fs::OFlags::NOFOLLOW.bits() as i32;
    OpenOptions::new()
        .create(true)
        .truncate(false)
        .write(true)
        .custom_flags(no_follow)
        .open(path)
        .map_err(named)
}

/// Replaces `path` with `bytes`; a crash leaves the old file or the new one.
/// Creates missing folders.
///
/// # Errors
/// Any error of the file system, with the path in its text.
pub fn write(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    let named = |error: io::Error| io::Error::new(error.kind(), format!("`{}`: {error}", path.display()));
    fs::create_dir_all(folder).map_err(named)?;
    let mut file = tempfile::NamedTempFile::new_in(folder).map_err(named)?;
    file.write_all(bytes).map_err(named)?;
    // 0o644 as an editor would leave it: tempfile creates 0o600.
    let mut permissions = file.as_file().metadata().map_err(named)?.permissions();
    std::os::unix::fs::PermissionsExt::set_mode(&mut permissions, 0o644);
    file.as_file().set_permissions(permissions).map_err(named)?;
    file.as_file().sync_all().map_err(named)?;
    file.persist(path).map_err(|error| named(error.error))?;
    File::open(folder).and_then(|folder| folder.sync_all())
}
