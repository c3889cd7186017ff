//! The sandbox over HTTP: with our own client, with bare requests, and with a receiver of its notifications.

mod api;
mod chaos;
mod control;
mod guard;
mod lab;
mod notifications;
mod pages;
mod persistence;
mod refunds;
mod refusals;
mod walk;
