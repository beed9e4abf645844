//! The `shakedown` program; everything is in the library beside it.

fn main() -> std::process::ExitCode {
    shakedown_cli::main()
}
