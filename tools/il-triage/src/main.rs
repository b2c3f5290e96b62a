//! The command `il-triage`.

fn main() -> std::process::ExitCode {
    il_core::cli::main(il_triage::run)
}
