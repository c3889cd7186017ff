//! A snack bar in which everything that can happen to an order has happened.

use std::collections::BTreeMap;

use domain::PaymentId;

use crate::support::{Home, at, eventually};

/// What orders and payments are called in the tests, and their ids.
pub(crate) struct Shop {
    named: BTreeMap<String, String>,
}

impl Shop {
    /// Plays it through the program in `home`, whose services run.
    pub(crate) fn play(home: &Home) -> Shop {
        let order = |method: &str| {
            let order = home.json(&["order", "create", "--item", "X-Burger:2", "--pay", method]);
            at(&order, "/id")
        };
        let is = |id: &str, status: &str| {
            eventually(status, || (at(&home.json(&["order", "show", id]), "/status") == status).then_some(()));
        };
        let approve = |id: &str| {
            eventually("paid", || {
                (home.run(&["webhook", "simulate", "--order", id, "--status", "approved"]).code == 0).then_some(())
            });
            is(id, "paid");
        };
        let [cooking, refunded, delivered, cash] = [order("pix"), order("pix"), order("pix"), order("counter")];
        for id in [&cooking, &refunded, &delivered] {
            approve(id);
        }
        home.json(&["order", "advance", &cooking]);
        home.json(&["order", "cancel", &refunded, "--reason", "acabou"]);
        is(&refunded, "refunded");
        for _ in 0..3 {
            home.json(&["order", "advance", &delivered]);
        }
        home.json(&["order", "pay", &cash]);
        let given_up = order("pix");
        // With its charge: one that is given up before may never have a payment.
        eventually("a QR code", || home.json(&["order", "show", &given_up])["qr_code"].is_string().then_some(()));
        home.json(&["order", "cancel", &given_up, "--reason", "desistiu"]);
        let half = at(&home.json(&["order", "show", &delivered]), "/payment_id");
        home.json(&["payment", "refund", &half, "--amount", "1.50", "--reason", "frio"]);
        let waiting = order("pix");
        let last = waiting.clone();
        let other = PaymentId::new().to_string();
        let mut named: BTreeMap<String, String> = BTreeMap::new();
        let orders = [("cooking", cooking), ("refunded", refunded), ("delivered", delivered), ("cash", cash)];
        for (name, id) in orders.into_iter().chain([("given_up", given_up), ("waiting", waiting)]) {
            let payment = eventually("a payment", || {
                Some(at(&home.json(&["order", "show", &id]), "/payment_id")).filter(|id| id != "null")
            });
            named.extend([(name.to_owned(), id), (format!("{name}_payment"), payment)]);
        }
        named.extend([("last".to_owned(), last), ("other".to_owned(), other)]);
        Shop { named }
    }

    /// What has this name; nothing has none.
    pub(crate) fn named(&self, name: &str) -> String {
        match name.trim_matches(['{', '}']) {
            "" => String::new(),
            name => self.named.get(name).unwrap_or_else(|| panic!("nothing is called {name}")).clone(),
        }
    }

    /// The text with the ids in place of the names.
    pub(crate) fn filled(&self, text: &str) -> String {
        self.named.iter().fold(text.to_owned(), |text, (name, id)| text.replace(&format!("{{{name}}}"), id))
    }
}
