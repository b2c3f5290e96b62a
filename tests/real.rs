//! Against programs that we did not write. `scripts/test-real` installs them and says where they are.

#![allow(clippy::disallowed_methods)]

#[path = "real/yaml.rs"]
mod yaml;
