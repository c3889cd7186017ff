use axum::Router;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use url::Url;
use web::Limits;

use crate::Caller;

/// A served router. Dropping it shuts the server down.
#[derive(Debug)]
pub struct Running {
    /// Where it listens: `http://127.0.0.1:PORT/`.
    pub url: Url,
    shutdown: CancellationToken,
    server: Option<JoinHandle<std::io::Result<()>>>,
}

/// Serves the router on a free port of this machine, just as the program does.
pub fn spawn(router: Router) -> Running {
    spawn_within(router, Limits::default())
}

/// The same with other limits on connections.
pub fn spawn_within(router: Router, limits: Limits) -> Running {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
    listener.set_nonblocking(true).expect("a listener for tokio");
    let address = listener.local_addr().expect("an address");
    let listener = TcpListener::from_std(listener).expect("a listener for tokio");
    let shutdown = CancellationToken::new();
    let server = tokio::spawn(limits.serve(router, listener, shutdown.clone()));
    let url = format!("http://{address}/").parse().expect("an address is a URL");
    Running { url, shutdown, server: Some(server) }
}

impl Running {
    /// A caller without a token.
    pub fn caller(&self) -> Caller {
        Caller::new(self.url.as_str())
    }

    /// A bare connection, for what no well-behaved client does.
    pub async fn connect(&self) -> TcpStream {
        let address = self.url.socket_addrs(|| None).expect("an address")[0];
        TcpStream::connect(address).await.expect("a connection")
    }

    /// Asks the server to end, without waiting.
    pub fn shut_down(&self) {
        self.shutdown.cancel();
    }

    /// Ends the server and waits until it has drained.
    pub async fn stop(mut self) {
        self.shutdown.cancel();
        if let Some(server) = self.server.take() {
            server.await.expect("the server did not panic").expect("the server ended well");
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.shutdown.cancel();
    }
}
