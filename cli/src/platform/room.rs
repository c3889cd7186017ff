//! How many connections the system has room for, and who can reach them.

use rustix::process::{Resource, getrlimit, setrlimit};

use crate::config::{Config, Service};
use crate::print::Printer;

/// Files, databases and calls of our own that are open beside the connections of clients.
const OUR_OWN: u64 = 512;
/// Fewer connections of a listener would be no service.
const LEAST: usize = 64;

/// Asks the system for as many open files as it gives, and takes no more connections than that leaves room for: a
/// listener that has none left can't even say no.
pub(crate) fn make_room(config: &mut Config, listeners: usize, printer: Printer) {
    let files = most_files();
    let room = usize::try_from(files.saturating_sub(OUR_OWN)).unwrap_or(usize::MAX) / listeners.max(1);
    let room = room.max(LEAST);
    if config.limits.connections > room {
        printer.talk(format_args!(
            "{files} open files are allowed: {room} connections for each listener instead of {} (limits.connections)",
            config.limits.connections
        ));
        config.limits.connections = room;
    }
}

/// What the system lets this process open, after asking for all of it.
fn most_files() -> u64 {
    let mut limit = getrlimit(Resource::Nofile);
    if limit.current != limit.maximum {
        let asked = rustix::process::Rlimit { current: limit.maximum, ..limit };
        if setrlimit(Resource::Nofile, asked).is_ok() {
            limit.current = limit.maximum;
        }
    }
    limit.current.unwrap_or(u64::MAX)
}

/// Says what changes for each service that listens to more than this machine.
pub(crate) fn say_who_can_reach(config: &Config, services: &[Service], printer: Printer) {
    let exposed = |service: &&Service| !config.place(**service).listen.ip().is_loopback();
    for service in services.iter().filter(exposed) {
        let (name, listen) = (service.name(), config.place(*service).listen);
        printer.talk(format_args!(
            "{name} listens on {listen}: every machine that reaches it can talk to it, and tokens, passwords and names \
             travel in the clear. Let only a TLS proxy reach it (and name the proxy in limits.proxies), or listen on \
             127.0.0.1"
        ));
    }
}
