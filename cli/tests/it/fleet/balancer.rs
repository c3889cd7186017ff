//! A load balancer that knows nothing but TCP.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use url::Url;

/// Gives each connection to the next instance in turn, or to another one where that refuses it.
pub(super) struct Balancer {
    pub(super) url: Url,
    backends: Vec<Backend>,
}

#[derive(Clone)]
struct Backend {
    address: SocketAddr,
    /// Connections that it took.
    taken: Arc<AtomicUsize>,
}

impl Balancer {
    /// In front of these, as long as the runtime lives.
    pub(super) async fn open(addresses: &[SocketAddr]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let url = format!("http://{}", listener.local_addr().expect("an address")).parse().expect("a URL");
        let backends: Vec<Backend> =
            addresses.iter().map(|address| Backend { address: *address, taken: Arc::default() }).collect();
        let mut order = backends.clone();
        tokio::spawn(async move {
            loop {
                let Ok((client, _)) = listener.accept().await else { continue };
                order.rotate_left(1);
                tokio::spawn(pass(client, order.clone()));
            }
        });
        Balancer { url, backends }
    }

    /// How many connections each has had.
    pub(super) fn taken(&self) -> Vec<usize> {
        self.backends.iter().map(|backend| backend.taken.load(Ordering::Relaxed)).collect()
    }
}

async fn pass(mut client: TcpStream, order: Vec<Backend>) {
    for backend in order {
        let Ok(mut server) = TcpStream::connect(backend.address).await else { continue };
        backend.taken.fetch_add(1, Ordering::Relaxed);
        let _ = client.set_nodelay(true).and_then(|()| server.set_nodelay(true));
        // A connection that breaks is closed on both sides.
        let _ = copy_bidirectional(&mut client, &mut server).await;
        return;
    }
}
