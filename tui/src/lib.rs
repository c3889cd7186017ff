//! The screens of the snack bar: the kitchen's order board and the public pick-up panel.
//!
//! Each screen is a model, messages, one pure `update` that answers with effects, and a view. Only `runtime` waits,
//! and only `terminal` touches the terminal; keys, looks and words are data in `board::keys`, `theme` and
//! `texts`. No store and no web framework is linked: everything comes over HTTP from the order service.

mod access;
mod alert;
mod banner;
pub mod board;
mod digits;
mod error;
mod failure;
pub mod frame;
pub mod link;
pub mod panel;
mod runtime;
mod settings;
pub mod stations;
mod terminal;
pub mod text;
pub mod texts;
pub mod theme;

pub use access::Renew;
pub use board::record::Recorder;
pub use board::replay::{last as replay_once, play as replay};
pub use board::run::{once, run};
pub use error::BoardError;
pub use failure::Failure;
pub use panel::run::{once as panel_once, run as panel_run};
pub use settings::{Options, Settings, Thresholds};
pub use stations::Station;
pub use theme::Look;
