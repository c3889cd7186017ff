//! How the network behaves.

use mercadopago::control::{Chaos, Delivery};

use super::dice::Dice;
use crate::args::Rehearse;

/// The longest that a notification is late, in milliseconds.
const LATE_MS: u64 = 2_000;
/// Ways in which a call of MercadoPago fails.
const WAYS: f64 = 6.0;

/// What goes wrong on purpose.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Weather {
    /// What the sandbox does by itself.
    pub(crate) chaos: Chaos,
}

impl Weather {
    pub(crate) fn of(args: &Rehearse, seed: u64) -> Self {
        let Rehearse { drop, duplicate, reorder, forge, faults, .. } = *args;
        let each = faults / WAYS;
        let chaos = Chaos {
            seed: Some(seed),
            drop,
            duplicate,
            reorder,
            forge,
            // What is late meets what is younger.
            delay: reorder,
            max_delay_ms: LATE_MS,
            rate_limited: each,
            server_error: each,
            locked: each,
            bad_gateway: each,
            timeout_before_commit: each,
            timeout_after_commit: each,
            refunds_in_process: faults,
            ..Chaos::default()
        };
        Weather { chaos }
    }

    /// A false notification that comes along, if one does: signed with random bytes, with another secret, or long ago.
    pub(crate) fn forgery(&self, luck: &mut Dice) -> Option<Delivery> {
        let kind = luck.below(3);
        let delivery =
            Delivery { forge: kind == 0, wrong_secret: kind == 1, stale_ts: kind == 2, ..Delivery::default() };
        luck.hits(self.chaos.forge).then_some(delivery)
    }
}
