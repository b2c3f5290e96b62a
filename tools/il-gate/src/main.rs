//! The command `il-gate`.

fn main() -> std::process::ExitCode {
    il_core::cli::main(il_gate::run)
}
