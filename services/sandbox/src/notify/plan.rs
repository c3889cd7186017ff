//! What is to be sent about one change: as MercadoPago does, as the control panel asks, or as chaos will have it.

use std::time::Duration;

use mercadopago::control::{Delivery, Signing};

use crate::chaos::Engine;
use crate::store::notes::NewNote;

/// Everything of `first` at once, and then, when the first of that was answered, what comes `behind`.
#[derive(Default)]
pub(crate) struct Plan {
    pub(super) first: Vec<Sending>,
    pub(super) behind: Vec<NewNote>,
    older: Option<NewNote>,
}

/// A notification on its way.
#[derive(Clone)]
pub(super) struct Sending {
    pub(super) note: NewNote,
    /// How long it waits.
    pub(super) wait: Duration,
    /// It never arrives.
    pub(super) lost: bool,
}

impl Sending {
    fn new(note: NewNote, wait: Duration) -> Self {
        Sending { note, wait, lost: false }
    }
}

impl Plan {
    /// The copies of a notification that a delivery asks for, and with `reorder` the `older` one behind them.
    pub(crate) fn new(note: NewNote, older: Option<NewNote>, delivery: &Delivery) -> Self {
        if !delivery.notify {
            return Plan::default();
        }
        let copies = 1 + delivery.duplicate as usize;
        let first = vec![Sending::new(note, Duration::from_millis(delivery.delay_ms)); copies];
        let behind = older.iter().filter(|_| delivery.reorder).cloned().collect();
        Plan { first, behind, older }
    }

    /// What a hostile network makes of it. What is not genuine is a trial of its own and passes as it is.
    pub(crate) fn through(self, chaos: &Engine, about: &str) -> Self {
        let Plan { first, mut behind, older } = self;
        let mut arriving = Vec::with_capacity(first.len());
        for sending in first {
            if sending.note.signing != Signing::Genuine {
                arriving.push(sending);
                continue;
            }
            let fate = chaos.notification(about, older.is_some());
            behind.extend(older.iter().filter(|_| fate.reordered).cloned());
            let forged = NewNote { signing: Signing::Forged, ..sending.note.clone() };
            let copies = fate.waits.into_iter().map(|wait| Sending { wait: sending.wait + wait, ..sending.clone() });
            arriving.extend(copies);
            arriving.extend(fate.forged.then(|| Sending::new(forged, Duration::ZERO)));
            arriving.extend(fate.lost.then_some(Sending { lost: true, ..sending }));
        }
        Plan { first: arriving, behind, older }
    }
}
