use std::io;
use std::net::SocketAddr;

use tokio::net::{TcpListener, TcpSocket};
use url::Url;

use crate::config::{Service, url_of};
use crate::exit::{Failure, Outcome};

/// Connections that may wait to be accepted.
const BACKLOG: u32 = 1024;

/// An address that is ours but refuses connections until it is opened: so its number is known, and a busy one is
/// noticed, before anything else begins.
pub(crate) struct Reserved {
    service: Service,
    socket: TcpSocket,
    address: SocketAddr,
}

impl Reserved {
    /// Takes the address; port 0 takes a free one.
    pub(crate) fn take(service: Service, listen: SocketAddr) -> Outcome<Self> {
        let bound = || {
            let socket = if listen.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
            // A restart does not wait for the connections of the run before.
            socket.set_reuseaddr(true)?;
            socket.bind(listen)?;
            let address = socket.local_addr()?;
            Ok((socket, address))
        };
        let (socket, address) = bound().map_err(|error| refused(service, listen, &error))?;
        Ok(Reserved { service, socket, address })
    }

    /// Where it will be reached from this machine.
    pub(crate) fn url(&self) -> Url {
        url_of(self.address)
    }

    /// Opens it.
    pub(crate) fn open(self) -> Outcome<TcpListener> {
        self.socket.listen(BACKLOG).map_err(|error| refused(self.service, self.address, &error))
    }
}

fn refused(service: Service, address: SocketAddr, error: &io::Error) -> Failure {
    let name = service.name();
    let failure = |what: &str| Failure::usage(format!("{name} can't listen on {address}: {what}"));
    match error.kind() {
        io::ErrorKind::AddrInUse => failure("the port is in use")
            .hint(format!("another lanchonete? stop it, or take a free port with --{name}-listen 127.0.0.1:0")),
        io::ErrorKind::PermissionDenied => failure("not permitted").hint("take a port from 1024 on"),
        io::ErrorKind::AddrNotAvailable => failure("this machine does not have that address"),
        _ => failure(&error.to_string()),
    }
}
