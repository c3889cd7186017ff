//! Who comes, what they want, what they do, and what the kitchen does with it. Pure: a seed decides all of it.

use domain::PaymentMethod;
use serde::Serialize;

use super::dice::Dice;

/// The customers of a rehearsal. Each script is made when it is asked for, so that many of them take no room.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Plan {
    seed: u64,
    customers: u32,
}

/// One customer, from the door to the end.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct Script {
    /// Which one, from 0.
    pub(crate) n: u32,
    /// When, as a share of the whole time.
    pub(crate) arrives: f64,
    /// As whom.
    pub(crate) who: Who,
    /// What.
    pub(crate) lines: Vec<Line>,
    /// How they mean to pay.
    pub(crate) method: PaymentMethod,
    /// Whether the button is pressed twice.
    pub(crate) taps_twice: bool,
    /// How long they look for the wallet, as a share of the longest.
    pub(crate) thinks: f64,
    /// What they do about the money.
    pub(crate) course: Course,
    /// What the kitchen does once it is paid.
    pub(crate) kitchen: Kitchen,
    /// The seed of what happens to the notifications about them.
    pub(crate) luck: u64,
}

/// As whom somebody orders.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub(crate) enum Who {
    /// At the kiosk, as nobody.
    Kiosk,
    /// Admitted by auth as nobody in particular.
    Anonymous,
    /// By CPF; any number, for one of the made-up people.
    Identified(u32),
}

/// One thing that is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub(crate) struct Line {
    /// Any number, for one of the products.
    pub(crate) product: u32,
    pub(crate) quantity: u32,
    pub(crate) wish: Option<&'static str>,
}

/// What somebody does about the money.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Course {
    /// Pays.
    Pays,
    /// Pays, and pays the same again: a Pix stays as it is, a second payment on a checkout goes back.
    PaysTwice,
    /// Is refused first, then pays: by a new Pix, or by another try on the checkout.
    RejectedFirst,
    /// Pays, and MercadoPago thinks about it first.
    InProcessFirst,
    /// Cancels before paying.
    Cancels,
    /// Cancels, and the money comes all the same: it goes back.
    CancelsAndPays,
    /// Gives cash to the cashier.
    Cash,
    /// Gives cash while the Pix is on its way: one of them goes back.
    CashAndPix,
    /// Wanted to pay by MercadoPago and asks to pay at the counter.
    TurnsToCash,
    /// Goes away.
    Leaves,
}

/// What the kitchen does with a paid order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Kitchen {
    /// Begins, makes ready, hands over.
    Cooks,
    /// Strikes out line by line, then hands over.
    Strikes,
    /// Says ready too early, takes it back, and goes on.
    Recalls,
    /// Gives it to a courier.
    SendsOut,
    /// Has run out of something, before beginning or after: the money goes back.
    Rejects,
}

/// Where an order must be when all is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Fate {
    /// In somebody's hands, and paid once.
    Delivered,
    /// Given up or refused, and all money is back.
    Refunded,
    /// Given up, and no money ever came.
    Cancelled,
    /// Still waiting to be paid, or given up by the clock.
    Unpaid,
}

const COURSES: [(Course, u64); 10] = [
    (Course::Pays, 58),
    (Course::PaysTwice, 5),
    (Course::RejectedFirst, 5),
    (Course::InProcessFirst, 3),
    (Course::Cancels, 6),
    (Course::CancelsAndPays, 4),
    (Course::Cash, 8),
    (Course::CashAndPix, 3),
    (Course::TurnsToCash, 3),
    (Course::Leaves, 5),
];
const KITCHENS: [(Kitchen, u64); 5] = [
    (Kitchen::Cooks, 70),
    (Kitchen::Strikes, 12),
    (Kitchen::Recalls, 6),
    (Kitchen::SendsOut, 6),
    (Kitchen::Rejects, 6),
];
const WISHES: [&str; 4] = ["sem cebola", "bem passado", "sem gelo", "cortado ao meio"];

impl Plan {
    /// So many customers, all decided by the seed.
    pub(crate) const fn new(seed: u64, customers: u32) -> Self {
        Plan { seed, customers }
    }

    /// Customer `n`, from 0.
    pub(crate) fn script(&self, n: u32) -> Script {
        let mut dice = Dice::new(self.seed, u64::from(n));
        let arrives = (f64::from(n) + dice.share()) / f64::from(self.customers.max(1));
        let who = match dice.below(3) {
            0 => Who::Kiosk,
            1 => Who::Anonymous,
            _ => Who::Identified(dice.roll() as u32),
        };
        let lines = (0..=dice.below(3)).map(|_| line(&mut dice)).collect();
        let course = weighted(&COURSES, &mut dice);
        let online = if dice.hits(0.25) { PaymentMethod::Checkout } else { PaymentMethod::Pix };
        let method = match course {
            Course::Cash => PaymentMethod::Counter,
            Course::CashAndPix => PaymentMethod::Pix,
            _ => online,
        };
        let (taps_twice, thinks) = (dice.hits(0.05), dice.share());
        let kitchen = weighted(&KITCHENS, &mut dice);
        Script { n, arrives, who, lines, method, taps_twice, thinks, course, kitchen, luck: dice.roll() }
    }
}

impl Script {
    /// Where the order must end.
    pub(crate) fn fate(&self) -> Fate {
        match (self.course, self.kitchen) {
            (Course::Leaves, _) => Fate::Unpaid,
            (Course::Cancels, _) => Fate::Cancelled,
            (Course::CancelsAndPays, _) | (_, Kitchen::Rejects) => Fate::Refunded,
            _ => Fate::Delivered,
        }
    }

    /// Whether the kitchen gets to see it.
    pub(crate) fn is_cooked(&self) -> bool {
        !matches!(self.course, Course::Leaves | Course::Cancels | Course::CancelsAndPays)
    }
}

fn line(dice: &mut Dice) -> Line {
    let wish = dice.hits(0.3).then(|| dice.pick(&WISHES));
    Line { product: dice.roll() as u32, quantity: 1 + (dice.below(3) / 2) as u32, wish }
}

fn weighted<T: Copy>(all: &[(T, u64)], dice: &mut Dice) -> T {
    let mut drawn = dice.below(all.iter().map(|(_, weight)| weight).sum());
    for (one, weight) in all {
        if drawn < *weight {
            return *one;
        }
        drawn -= weight;
    }
    all[0].0
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::*;

    const MANY: u32 = 2_000;

    fn all(seed: u64) -> Vec<Script> {
        let plan = Plan::new(seed, MANY);
        (0..MANY).map(|n| plan.script(n)).collect()
    }

    #[test]
    fn a_seed_decides_everything() {
        for seed in [0, 1, 42, u64::MAX] {
            assert_eq!(all(seed), all(seed), "seed {seed}");
            assert_ne!(all(seed), all(seed.wrapping_add(1)), "seed {seed}");
        }
        let plan = Plan::new(7, MANY);
        let backwards: Vec<_> = (0..MANY).rev().map(|n| plan.script(n)).collect();
        assert!(backwards.iter().rev().eq(&all(7)), "it does not matter who is asked for first");
    }

    #[test]
    fn every_course_is_taken_and_makes_sense() {
        let scripts = all(3);
        let mut taken: HashMap<String, u32> = HashMap::new();
        for script in &scripts {
            *taken.entry(format!("{:?}", script.course)).or_default() += 1;
            *taken.entry(format!("{:?}", script.kitchen)).or_default() += 1;
            *taken.entry(format!("{:?}", script.method)).or_default() += 1;
            assert!((0.0..=1.0).contains(&script.arrives) && (0.0..1.0).contains(&script.thinks));
            assert!((1..=3).contains(&script.lines.len()));
            assert!(script.lines.iter().all(|line| (1..=2).contains(&line.quantity)));
            assert_eq!(script.method == PaymentMethod::Counter, script.course == Course::Cash);
            assert_eq!(script.is_cooked(), script.course_leads_to_money_kept_or_rejected());
        }
        assert_eq!(taken.len(), COURSES.len() + KITCHENS.len() + PaymentMethod::ALL.len());
        assert!(scripts.windows(2).all(|pair| pair[0].arrives <= pair[1].arrives), "one after the other");
    }

    impl Script {
        fn course_leads_to_money_kept_or_rejected(&self) -> bool {
            self.fate() == Fate::Delivered || (self.fate() == Fate::Refunded && self.course != Course::CancelsAndPays)
        }
    }
}
