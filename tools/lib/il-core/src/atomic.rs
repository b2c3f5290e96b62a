//! Files that are whole or not there: written beside, synced, renamed.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::Path;

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
