//! The command `il-ship`.

fn main() -> std::process::ExitCode {
    il_core::cli::main(il_ship::run)
}
