//! CI files as a tree with places, and edits whose effect is proven.
//!
//! Read by the `ci` scout (what could be better) and by the recipes (make it
//! so): both see the same file the same way.

pub mod deploys;
pub mod edit;
pub mod files;
pub mod fixes;
pub mod github;
pub mod gitlab;
pub mod packages;
pub mod yaml;
