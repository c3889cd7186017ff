//! One connection as a line of bytes: what is happening on it, and since when.

use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard};
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::Instant;

use crate::Limits;

/// What a client that speaks HTTP/2 with prior knowledge says first (RFC 9113 §3.4).
const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// Why a connection has to end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Overdue {
    /// It has no request, and did not begin one for long.
    Idle,
    /// The head of a request began and does not end.
    Head,
    /// The client does not take its answer.
    Stalled,
}

/// What happens on a connection, as the line and the handler note it.
#[derive(Clone)]
pub(crate) struct Activity(Arc<Mutex<State>>);

struct State {
    /// Requests without a complete answer.
    open: usize,
    /// When the last of them ended, or the first byte of the next one came.
    since: Instant,
    /// Whether a head has begun. A new connection owes one from the start.
    begun: bool,
    /// How much of the HTTP/2 preface was said; none once something else was.
    preface: Option<usize>,
    /// The last time that something was written, or that a request came.
    moved: Instant,
    /// Since when what is to be written is not taken.
    blocked: Option<Instant>,
    /// What to say instead of reading on.
    last_words: Option<Bytes>,
}

impl Activity {
    pub(crate) fn new() -> Self {
        let now = Instant::now();
        Activity(Arc::new(Mutex::new(State {
            open: 0,
            since: now,
            begun: true,
            preface: Some(0),
            moved: now,
            blocked: None,
            last_words: None,
        })))
    }

    /// A request was read; it is open until the guard is dropped.
    pub(crate) fn request(&self) -> Open {
        let mut state = self.state();
        state.open += 1;
        state.moved = Instant::now();
        Open(self.clone())
    }

    /// Whether a request is open.
    pub(crate) fn is_busy(&self) -> bool {
        self.state().open > 0
    }

    /// Whether HTTP/2 is spoken.
    fn is_http2(&self) -> bool {
        self.state().preface == Some(PREFACE.len())
    }

    /// Until when nothing has to happen, and what is overdue then.
    pub(crate) fn due(&self, limits: &Limits) -> (Instant, Overdue) {
        let state = self.state();
        if let Some(since) = state.blocked {
            (since + limits.stall_timeout, Overdue::Stalled)
        } else if state.open > 0 {
            // An answer begins within its time, and a stream of events has a heartbeat: a silence longer than both is a
            // client that keeps the window of its HTTP/2 stream shut.
            (state.moved + limits.timeout + limits.stall_timeout, Overdue::Stalled)
        } else if state.begun {
            (state.since + limits.head_timeout, Overdue::Head)
        } else {
            (state.since + limits.idle_timeout, Overdue::Idle)
        }
    }

    /// Ends the reading: the line says this last, where the protocol lets it, and then breaks.
    pub(crate) fn end(&self, last_words: Bytes) {
        let words = if self.is_http2() { Bytes::new() } else { last_words };
        self.state().last_words = Some(words);
    }

    fn heard(&self, bytes: &[u8]) {
        let mut state = self.state();
        let already = state.preface;
        if let Some(said) = already {
            let rest = &PREFACE[said..];
            let matching = bytes.iter().zip(rest).take_while(|(a, b)| a == b).count();
            let so_far = said + matching;
            state.preface = (matching == bytes.len() || so_far == PREFACE.len()).then_some(so_far);
        }
        // Frames of HTTP/2 are no head: acknowledgements come at any time.
        if already != Some(PREFACE.len()) && state.open == 0 && !state.begun {
            state.begun = true;
            state.since = Instant::now();
        }
    }

    fn wrote(&self) {
        let mut state = self.state();
        state.moved = Instant::now();
        state.blocked = None;
    }

    fn blocked(&self) {
        self.state().blocked.get_or_insert_with(Instant::now);
    }

    fn last_words(&self) -> Option<Bytes> {
        self.state().last_words.clone()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }
}

/// A request that is open.
pub(crate) struct Open(Activity);

impl Drop for Open {
    fn drop(&mut self) {
        let mut state = self.0.state();
        state.open -= 1;
        if state.open == 0 {
            state.begun = false;
            state.since = Instant::now();
        }
    }
}

/// A stream that notes what happens on it.
pub(crate) struct Line {
    stream: TcpStream,
    activity: Activity,
}

impl Line {
    pub(crate) fn new(stream: TcpStream, activity: Activity) -> Self {
        Line { stream, activity }
    }

    fn written(&self, done: Poll<io::Result<usize>>) -> Poll<io::Result<usize>> {
        match &done {
            Poll::Pending => self.activity.blocked(),
            Poll::Ready(_) => self.activity.wrote(),
        }
        done
    }
}

impl AsyncRead for Line {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        if let Some(words) = self.activity.last_words() {
            // It is short, and nothing else was written for long: the kernel has room, or the client does not listen.
            let _ = self.stream.try_write(&words);
            return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
        }
        let before = buffer.filled().len();
        ready!(Pin::new(&mut self.stream).poll_read(cx, buffer))?;
        let heard = &buffer.filled()[before..];
        if !heard.is_empty() {
            self.activity.heard(heard);
        }
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Line {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let done = Pin::new(&mut self.stream).poll_write(cx, bytes);
        self.written(done)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        parts: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let done = Pin::new(&mut self.stream).poll_write_vectored(cx, parts);
        self.written(done)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
