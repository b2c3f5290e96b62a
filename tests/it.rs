//! All tests that need nothing but the tools and git, in one binary (linking is what takes time).

#![allow(clippy::disallowed_methods)]

mod contract;
mod discover;
mod gate;
mod guards;
mod implement;
mod pipeline;
mod preflight;
mod recipes;
mod ship;
mod triage;
