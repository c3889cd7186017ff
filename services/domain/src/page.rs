/// Which part of a list is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Page {
    /// How many to pass over.
    pub skip: u32,
    /// How many to return at most.
    pub limit: u32,
}

impl Page {
    /// What a list returns when nobody says how many: ten, as in the original system.
    pub const DEFAULT_LIMIT: u32 = 10;
    /// Most that one answer carries.
    pub const MAX_LIMIT: u32 = 100;
    /// Deepest start; beyond it, filters by date page further.
    pub const MAX_SKIP: u32 = 10_000;
    /// Counting stops here, so that a long history costs no more than a short one.
    pub const COUNT_CAP: u32 = 10_000;
}

impl Default for Page {
    fn default() -> Self {
        Page { skip: 0, limit: Self::DEFAULT_LIMIT }
    }
}
