use serde::Serialize;

use super::violation::Violation;

/// Violations that are kept; further ones are only counted.
const MOST: usize = 1_000;

/// What was checked and what is wrong.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub(crate) struct Report {
    /// Orders that were checked.
    pub(crate) orders: u64,
    /// Payments that were checked.
    pub(crate) payments: u64,
    /// Orders that were looked at again because they and their payments differed at first.
    pub(crate) looked_again: u64,
    /// Those of them whose difference somebody is still at work on.
    pub(crate) under_way: u64,
    /// How many violations there are.
    pub(crate) violations_found: u64,
    /// Whether only the first of them are listed.
    pub(crate) truncated: bool,
    /// The violations.
    pub(crate) violations: Vec<Violation>,
}

impl Report {
    /// Whether everything holds.
    pub(crate) fn is_clean(&self) -> bool {
        self.violations_found == 0
    }

    pub(super) fn add(&mut self, violation: Violation) {
        self.violations_found += 1;
        if self.violations.len() < MOST {
            self.violations.push(violation);
        } else {
            self.truncated = true;
        }
    }

    pub(super) fn extend(&mut self, violations: impl IntoIterator<Item = Violation>) {
        violations.into_iter().for_each(|violation| self.add(violation));
    }
}
