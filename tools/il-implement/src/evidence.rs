//! Is what the candidate rests on still there?

use il_core::member::Evidence;
use il_core::snapshot::Snapshot;
use il_core::text::single_line;

/// What is gone, in words; `None` while every piece of evidence still stands.
///
/// A line may have moved: its text counts, not its number.
pub fn gone(evidence: &[Evidence], snapshot: &Snapshot) -> Option<String> {
    evidence.iter().find_map(|piece| {
        let path = piece.path.as_ref()?;
        let Some(text) = snapshot.read(path.as_str()) else {
            return Some(format!("`{path}` is no longer there"));
        };
        let stands = piece.text.is_empty() || text.lines().any(|line| single_line(line, 200) == piece.text);
        (!stands).then(|| format!("`{path}` no longer has the line `{}`", single_line(&piece.text, 60)))
    })
}
