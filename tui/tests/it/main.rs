//! The screens without a terminal: what follows from each key, and what is then drawn.

mod fixtures;
mod keys;
mod link;
mod orders;
mod panel;
mod screens;
mod select;
mod storm;
mod text;
