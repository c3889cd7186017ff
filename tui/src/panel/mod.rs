//! The public pick-up screen: numbers and nothing else.

mod model;
pub(crate) mod run;
mod view;

pub use model::{Effect, Model, Msg, update};
pub use view::draw;
