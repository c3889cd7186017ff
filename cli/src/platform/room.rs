//! How many connections the system has room for, and who can reach them.

use std::net::SocketAddr;

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

/// Says what changes for each service that listens to more than this machine, and who may read what they are told.
pub(crate) fn say_who_can_reach(config: &Config, services: &[Service], printer: Printer) {
    if let Some(file) = &config.exposed {
        let file = file.display();
        printer.talk(format_args!("{file} holds secrets and may be read by others: chmod 600 {file}"));
    }
    for service in services {
        if let Some(text) = exposure(service.name(), config.place(*service).listen) {
            printer.talk(text);
        }
    }
}

fn exposure(name: &str, listen: SocketAddr) -> Option<String> {
    let exposed = !listen.ip().to_canonical().is_loopback();
    exposed.then(|| {
        format!(
            "{name} listens on {listen}: every machine that reaches it can talk to it, and tokens, passwords and names \
             travel in the clear. Let only a TLS proxy reach it (and name the proxy in limits.proxies), or listen on \
             127.0.0.1"
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_listens_to_others_says_so() {
        for (listen, said) in [
            ("127.0.0.1:8000", false),
            ("127.8.0.1:0", false),
            ("[::1]:8000", false),
            ("[::ffff:127.0.0.1]:8000", false),
            ("0.0.0.0:8000", true),
            ("192.168.0.7:8000", true),
            ("[::]:8000", true),
        ] {
            let text = exposure("order", listen.parse().expect("an address"));
            assert_eq!(text.as_ref().is_some_and(|text| text.contains("TLS proxy")), said, "{listen}: {text:?}");
        }
    }
}
