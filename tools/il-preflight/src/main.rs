//! The command `il-preflight`.

fn main() -> std::process::ExitCode {
    il_core::cli::main(il_preflight::run)
}
