//! The command `il-implement`.

fn main() -> std::process::ExitCode {
    il_core::cli::main(il_implement::run)
}
