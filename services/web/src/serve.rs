use std::convert::Infallible;
use std::error::Error;
use std::io;
use std::net::SocketAddr;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, HttpBody};
use axum::extract::ConnectInfo;
use axum::response::Response;
use bytes::Bytes;
use hyper::body::{Frame, Incoming, SizeHint};
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, sleep_until, timeout};
use tokio_util::sync::CancellationToken;
use tower::Service;

use crate::door::{Door, Ticket};
use crate::line::{Activity, Line, Open, Overdue};
use crate::{Fail, Limits};

/// How long a connection that was told to end may take to do so.
const FAREWELL: Duration = Duration::from_secs(1);
/// How long requests that were accepted may go on after shutdown. What a service does afterwards has two seconds more.
const DRAIN: Duration = Duration::from_secs(8);
/// How long to rest when the system has no room for another connection.
const NO_ROOM: Duration = Duration::from_millis(50);
/// How many clients are told at once why they can't come in; more are cut off without a word.
const TOLD_AT_ONCE: usize = 64;

/// [`Limits::serve`] with the usual limits.
///
/// # Errors
/// None while it runs.
pub async fn serve(router: Router, listener: TcpListener, shutdown: CancellationToken) -> io::Result<()> {
    Limits::default().serve(router, listener, shutdown).await
}

impl Limits {
    /// Serves the router on the listener until `shutdown`, then finishes what it accepted, for at most 8 seconds.
    ///
    /// Speaks HTTP/1.1 and, with prior knowledge, HTTP/2. Each request carries the peer's address as
    /// [`ConnectInfo<SocketAddr>`].
    ///
    /// # Errors
    /// None while it runs: a connection that can't be accepted does not stop the listener.
    pub async fn serve(self, router: Router, listener: TcpListener, shutdown: CancellationToken) -> io::Result<()> {
        let house = Arc::new(House { server: server(&self), limits: self, router, shutdown: shutdown.clone() });
        let (door, told) = (Door::of_connections(&house.limits), Arc::new(Semaphore::new(TOLD_AT_ONCE)));
        let mut connections = JoinSet::new();
        loop {
            let accepted = tokio::select! {
                () = shutdown.cancelled() => break,
                accepted = listener.accept() => accepted,
                Some(_) = connections.join_next() => continue,
            };
            match accepted {
                Err(error) => rest_after(&error).await,
                Ok((stream, peer)) => {
                    let _ = stream.set_nodelay(true);
                    match door.enter(Some(peer.ip())) {
                        Ok(ticket) => drop(connections.spawn(house.clone().receive(stream, peer, ticket))),
                        Err(fail) => tell(stream, &fail, &told),
                    }
                }
            }
        }
        drop(listener);
        let drained = async { while connections.join_next().await.is_some() {} };
        if timeout(DRAIN, drained).await.is_err() {
            tracing::warn!("some requests did not end in time");
        }
        connections.shutdown().await;
        Ok(())
    }
}

/// What the connections of a listener share.
struct House {
    server: Builder<TokioExecutor>,
    limits: Limits,
    router: Router,
    shutdown: CancellationToken,
}

/// The limits per request are the shell's, which says why; these are where even that ends.
fn server(limits: &Limits) -> Builder<TokioExecutor> {
    let mut server = Builder::new(TokioExecutor::new());
    let hard = |soft: usize| soft.saturating_mul(4).max(8 * 1024);
    // How long a head may take is watched from outside, where an idle connection is told from a slow one.
    server
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(None)
        .max_buf_size(hard(limits.header_bytes))
        .max_headers(limits.headers.saturating_mul(4));
    server
        .http2()
        .timer(TokioTimer::new())
        .max_concurrent_streams(limits.http2_streams)
        .max_header_list_size(u32::try_from(hard(limits.header_bytes)).unwrap_or(u32::MAX));
    server
}

impl House {
    /// One connection, from its first byte to its last.
    async fn receive(self: Arc<Self>, stream: TcpStream, peer: SocketAddr, _ticket: Ticket) {
        let activity = Activity::new();
        let service = service_fn({
            let (router, activity) = (self.router.clone(), activity.clone());
            move |request| answer(router.clone(), request, peer, activity.request())
        });
        let line = TokioIo::new(Line::new(stream, activity.clone()));
        let mut served = pin!(self.server.serve_connection(line, service));
        let overdue = tokio::select! {
            // First what the client has sent: after a standstill of the machine it may have been in time.
            biased;
            ended = served.as_mut() => return note(ended),
            overdue = self.overdue(&activity) => Some(overdue),
            () = self.shutdown.cancelled() => None,
        };
        match overdue {
            Some(Overdue::Stalled) => return tracing::debug!("a client does not take its answer"),
            Some(Overdue::Head) => activity.end(Fail::late().as_http1()),
            Some(Overdue::Idle) | None => served.as_mut().graceful_shutdown(),
        }
        loop {
            tokio::select! {
                ended = served.as_mut() => return note(ended),
                // Half a head is not a request that was accepted.
                () = sleep(FAREWELL) => if !activity.is_busy() { return },
            }
        }
    }

    /// Ends when the client owes something for too long.
    async fn overdue(&self, activity: &Activity) -> Overdue {
        let limits = &self.limits;
        // No time that begins while this sleeps ends before it looks again.
        let shortest = limits.head_timeout.min(limits.idle_timeout).min(limits.stall_timeout);
        loop {
            let (at, overdue) = activity.due(limits);
            let now = Instant::now();
            if at <= now {
                return overdue;
            }
            sleep_until(at.min(now + shortest)).await;
        }
    }
}

async fn answer(
    mut router: Router,
    mut request: hyper::Request<Incoming>,
    peer: SocketAddr,
    open: Open,
) -> Result<Response, Infallible> {
    request.extensions_mut().insert(ConnectInfo(peer));
    let response = router.call(request).await?;
    // A request is open until the last byte of its answer was taken from the body.
    Ok(response.map(|body| Body::new(Held { body, _open: open })))
}

/// The body of an answer, and with it the request that is open until the body is gone.
struct Held {
    body: Body,
    _open: Open,
}

impl HttpBody for Held {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        Pin::new(&mut self.body).poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

fn note(ended: Result<(), Box<dyn Error + Send + Sync>>) {
    if let Err(error) = ended {
        tracing::debug!(%error, "a connection ended early");
    }
}

/// Tells somebody who can't come in why, without waiting for what they want.
fn tell(mut stream: TcpStream, fail: &Fail, told: &Arc<Semaphore>) {
    let Ok(place) = told.clone().try_acquire_owned() else { return };
    let words = fail.as_http1();
    tokio::spawn(timeout(FAREWELL, async move {
        let _place = place;
        stream.write_all(&words).await?;
        stream.shutdown().await?;
        // A socket that is closed with something unread in it takes the answer back.
        let mut unread = [0; 1024];
        while stream.read(&mut unread).await? > 0 {}
        io::Result::Ok(())
    }));
}

/// A client that gave up is nothing to us; a system without room needs a moment.
async fn rest_after(error: &io::Error) {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    if !matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset) {
        tracing::error!(%error, "can't accept connections");
        sleep(NO_ROOM).await;
    }
}
