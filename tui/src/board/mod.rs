//! The kitchen's order board.

pub mod card;
pub mod effect;
pub mod keys;
pub mod model;
pub mod moves;
pub mod msg;
pub(crate) mod run;
pub mod update;
pub mod view;

pub use effect::Effect;
pub use model::Model;
pub use msg::Msg;
pub use update::update;
