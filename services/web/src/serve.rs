use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use axum::Router;
use axum::extract::ConnectInfo;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use hyper_util::server::graceful::{GracefulShutdown, Watcher};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;
use tower::Service;

/// How long a client may take for the head of a request, and how long a connection may be idle.
const HEAD: Duration = Duration::from_secs(10);
/// How long requests that were accepted may go on after shutdown.
const DRAIN: Duration = Duration::from_secs(10);
/// How long to rest when the system has no room for another connection.
const NO_ROOM: Duration = Duration::from_millis(50);

/// Serves the router on the listener until `shutdown`, then finishes what it accepted, for at most 10 seconds.
///
/// Speaks HTTP/1.1 and, with prior knowledge, HTTP/2. Each request carries the peer's address as
/// [`ConnectInfo<SocketAddr>`].
///
/// # Errors
/// None while it runs: a connection that can't be accepted does not stop the listener.
pub async fn serve(router: Router, listener: TcpListener, shutdown: CancellationToken) -> io::Result<()> {
    let server = server();
    let graceful = GracefulShutdown::new();
    let mut connections = JoinSet::new();
    loop {
        let accepted = tokio::select! {
            () = shutdown.cancelled() => break,
            accepted = listener.accept() => accepted,
            Some(_) = connections.join_next() => continue,
        };
        let (stream, peer) = match accepted {
            Ok(accepted) => accepted,
            Err(error) => {
                rest_after(&error).await;
                continue;
            }
        };
        let _ = stream.set_nodelay(true);
        let (service, watcher) = (Handler { router: router.clone(), peer }, graceful.watcher());
        connections.spawn(connection(server.clone(), stream, service, watcher, shutdown.clone()));
    }
    drop(listener);
    tokio::select! {
        () = graceful.shutdown() => {}
        () = sleep(DRAIN) => tracing::warn!("some requests did not end in time"),
    }
    connections.shutdown().await;
    Ok(())
}

fn server() -> Builder<TokioExecutor> {
    let mut server = Builder::new(TokioExecutor::new());
    server.http1().timer(TokioTimer::new()).header_read_timeout(HEAD).max_buf_size(64 * 1024);
    server
        .http2()
        .timer(TokioTimer::new())
        .max_concurrent_streams(256)
        .max_header_list_size(32 * 1024)
        .keep_alive_interval(Duration::from_secs(30));
    server
}

/// The router, for the requests of one peer.
#[derive(Clone)]
struct Handler {
    router: Router,
    peer: SocketAddr,
}

async fn connection(
    server: Builder<TokioExecutor>,
    stream: TcpStream,
    handler: Handler,
    watcher: Watcher,
    shutdown: CancellationToken,
) {
    // The timeout for the head begins with the first byte; before it somebody could hold the line for ever.
    let mut first = [0];
    let spoken = tokio::select! {
        spoken = timeout(HEAD, stream.peek(&mut first)) => matches!(spoken, Ok(Ok(1))),
        () = shutdown.cancelled() => false,
    };
    if !spoken {
        return;
    }
    let service = service_fn(move |mut request: hyper::Request<Incoming>| {
        request.extensions_mut().insert(ConnectInfo(handler.peer));
        handler.router.clone().call(request)
    });
    let served = watcher.watch(server.serve_connection(TokioIo::new(stream), service).into_owned());
    if let Err(error) = served.await {
        tracing::debug!(%error, "a connection ended early");
    }
}

/// A client that gave up is nothing to us; a system without room needs a moment.
async fn rest_after(error: &io::Error) {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    if !matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset) {
        tracing::error!(%error, "can't accept connections");
        sleep(NO_ROOM).await;
    }
}
