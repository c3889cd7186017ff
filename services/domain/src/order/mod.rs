//! The life of an order as data and one pure decision.

mod flow;
mod status;

pub use flow::{Actor, Decision, Position, RECALL_WINDOW, Refused, Rule, StepKind, TABLE, allowed, decide};
pub use status::{OrderStatus, PaymentMethod, UnknownWord};
