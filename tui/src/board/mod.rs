//! The kitchen's order board.

mod ask;
pub mod card;
pub mod effect;
pub mod keys;
pub mod lens;
pub mod model;
pub mod moves;
pub mod msg;
pub mod news;
mod parts;
pub mod record;
pub mod replay;
pub(crate) mod run;
pub mod shift;
pub mod update;
pub mod view;

pub use ask::{Patience, ask};
pub use effect::Effect;
pub use model::Model;
pub use msg::Msg;
pub use update::update;
