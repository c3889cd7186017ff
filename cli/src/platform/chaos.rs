//! Chaos at the start: nobody shall wonder later why notifications get lost.

use crate::config::Config;
use crate::print::{Printer, strong};

/// Says what goes wrong on purpose, if anything, with the seed that decides it the same way again.
pub(crate) fn told(mut config: Config, printer: Printer) -> Config {
    if !config.sandbox_chaos.is_calm() && config.uses_sandbox() {
        config.sandbox_chaos = config.sandbox_chaos.seeded();
        let chaos = config.sandbox_chaos.to_string();
        printer.talk(format_args!("{} in the sandbox, on purpose: {chaos}", strong("CHAOS")));
    }
    config
}
