//! The command `il-discover`.

fn main() -> std::process::ExitCode {
    il_core::cli::main(il_discover::run)
}
