//! The real program, end to end: each test has a data directory of its own, ports come from the system, and nothing
//! waits longer than for its condition.

mod config;
mod crash;
mod faults;
mod fleet;
mod journey;
mod lifecycle;
mod mongodb;
mod offline;
mod outage;
mod outage_services;
mod processes;
mod rush;
mod separate;
mod support;
mod verify;
