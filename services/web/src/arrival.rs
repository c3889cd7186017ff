//! A body that has to arrive in time.

use std::error::Error;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::{Body, HttpBody};
use axum::extract::Request;
use bytes::Bytes;
use hyper::body::{Frame, SizeHint};
use tokio::time::Sleep;

/// The body did not arrive in time.
#[derive(Debug, thiserror::Error)]
#[error("the body did not arrive within {0:?}")]
pub(crate) struct Late(Duration);

impl Late {
    /// Whether this is why.
    pub(crate) fn is_cause_of(error: &(dyn Error + 'static)) -> bool {
        error.is::<Late>() || error.source().is_some_and(Late::is_cause_of)
    }
}

/// The same request, whose body breaks off when it takes longer.
pub(crate) fn within(time: Duration, request: Request) -> Request {
    if request.body().is_end_stream() {
        return request;
    }
    let timer = Box::pin(tokio::time::sleep(time));
    request.map(|body| Body::new(Timed { body, time, timer }))
}

struct Timed {
    body: Body,
    time: Duration,
    timer: Pin<Box<Sleep>>,
}

impl HttpBody for Timed {
    type Data = Bytes;
    type Error = Box<dyn Error + Send + Sync>;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        if let Poll::Ready(frame) = Pin::new(&mut self.body).poll_frame(cx) {
            return Poll::Ready(frame.map(|frame| frame.map_err(Into::into)));
        }
        match self.timer.as_mut().poll(cx) {
            Poll::Ready(()) => Poll::Ready(Some(Err(Late(self.time).into()))),
            Poll::Pending => Poll::Pending,
        }
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
