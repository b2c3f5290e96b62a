//! The domains that il-discover has scouts for: il-preflight hands them out without running it.

/// The built-in domains, in order of usefulness.
pub const BUILT_IN: &[&str] = &["ci"];
