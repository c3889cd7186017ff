//! The screens without a terminal: what follows from each key, and what is then drawn.

mod fixtures;
mod hands;
mod keys;
mod limits;
mod link;
mod mouse;
mod news;
mod orders;
mod panel;
mod record;
mod screens;
mod select;
mod station;
mod storm;
mod text;
mod undo;
