//! A body that has to arrive in time, and takes no place among the requests that are worked on until it is there.

use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::{Body, HttpBody};
use axum::extract::{ConnectInfo, Request};
use bytes::Bytes;
use hyper::body::{Frame, SizeHint};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::Sleep;

use crate::Fail;
use crate::door::{Door, Ticket};

/// The place of a request among those that are worked on: until it is dropped, but for the time that its body takes to
/// come.
pub(crate) struct Place {
    places: Arc<Semaphore>,
    held: Mutex<Option<OwnedSemaphorePermit>>,
}

impl Place {
    /// A place, if one is free.
    pub(crate) fn take(places: &Arc<Semaphore>) -> Result<Arc<Self>, Fail> {
        let place = Place { places: places.clone(), held: Mutex::default() };
        place.again()?;
        Ok(Arc::new(place))
    }

    fn leave(&self) {
        *self.held() = None;
    }

    fn again(&self) -> Result<(), Fail> {
        let mut held = self.held();
        if held.is_none() {
            *held = Some(self.places.clone().try_acquire_owned().map_err(|_| Fail::overloaded())?);
        }
        Ok(())
    }

    fn held(&self) -> MutexGuard<'_, Option<OwnedSemaphorePermit>> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The same request, whose body breaks off with a [`Fail`] when it takes longer, or when too many others are awaited.
/// One that came with its head is never awaited, and counts nowhere.
pub(crate) fn within(time: Duration, bodies: &Door, place: &Arc<Place>, request: Request) -> Request {
    if request.body().is_end_stream() {
        return request;
    }
    let peer = request.extensions().get::<ConnectInfo<SocketAddr>>().map(|peer| peer.0);
    let timer = Box::pin(tokio::time::sleep(time));
    let (bodies, place) = (bodies.clone(), place.clone());
    request.map(|body| Body::new(Awaited { body, timer, bodies, place, peer, ticket: None }))
}

struct Awaited {
    body: Body,
    timer: Pin<Box<Sleep>>,
    bodies: Door,
    place: Arc<Place>,
    peer: Option<SocketAddr>,
    /// Its place among the bodies that are on their way.
    ticket: Option<Ticket>,
}

impl Awaited {
    /// Gives up the place of the request for one among the bodies that are on their way.
    fn wait(&mut self) -> Result<(), Fail> {
        if self.ticket.is_none() {
            self.ticket = Some(self.bodies.enter(self.peer.map(|peer| peer.ip()))?);
            self.place.leave();
        }
        Ok(())
    }

    /// The other way round.
    fn go_on(&mut self) -> Result<(), Fail> {
        self.ticket = None;
        self.place.again()
    }

    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        match Pin::new(&mut self.body).poll_frame(cx) {
            Poll::Ready(None) => Poll::Ready(self.go_on().err().map(|fail| Err(fail.into()))),
            Poll::Ready(Some(frame)) => Poll::Ready(Some(frame.map_err(Into::into))),
            Poll::Pending if self.timer.as_mut().poll(cx).is_ready() => Poll::Ready(Some(Err(Fail::late().into()))),
            Poll::Pending => match self.wait() {
                Ok(()) => Poll::Pending,
                Err(fail) => Poll::Ready(Some(Err(fail.into()))),
            },
        }
    }
}

type BoxError = Box<dyn std::error::Error + Send + Sync>;

impl HttpBody for Awaited {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        self.poll(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
