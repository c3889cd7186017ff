//! The sandbox over HTTP: with our own client, with bare requests, and with a receiver of its notifications.

mod api;
mod control;
mod lab;
mod notifications;
mod pages;
mod persistence;
mod refusals;
