//! The real program, end to end: each test has a data directory of its own, ports come from the system, and nothing
//! waits longer than for its condition.

mod board;
mod board_hostile;
mod board_pair;
mod board_panic;
mod board_terminal;
mod chaos;
mod config;
mod crash;
mod crash_rounds;
mod doctor;
mod faults;
mod fleet;
mod fuzz;
mod journey;
mod lifecycle;
mod mongodb;
mod offline;
mod outage;
mod outage_services;
mod privacy;
mod processes;
mod rehearse;
mod replay;
mod rush;
mod separate;
mod support;
mod tokens;
mod verify;
