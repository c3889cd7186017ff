//! The public pick-up screen: numbers and nothing else.

pub(crate) mod run;
