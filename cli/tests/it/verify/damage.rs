//! Every way to be wrong, made by hand in a copy of healthy stores.

use super::healthy::Shop;

/// Which store is damaged.
#[derive(Clone, Copy)]
pub(crate) enum In {
    Order,
    Payment,
}

/// A damage, and what must be said of it: each violation with the order and the payment that it names. The SQL and the ids
/// use the names of [`Shop::named`] in braces.
pub(crate) struct Damage {
    pub(crate) sql: &'static [(In, &'static str)],
    pub(crate) said: &'static [(&'static str, &'static str, &'static str)],
}

/// Row of a history, put behind the last one.
macro_rules! then {
    ($status:literal, $role:literal, $order:literal) => {
        concat!(
            "UPDATE orders SET body = json_set(body, '$.status', '",
            $status,
            "', '$.tracking[#]', json_object('status', '",
            $status,
            "', 'at', body ->> '$.updated_at', 'actor', json_object('role', '",
            $role,
            "', 'id', 'x'), 'reason', 'x', 'kind', 'step')) WHERE id = '{",
            $order,
            "}';"
        )
    };
}

/// Sets something in an order or a payment.
macro_rules! set {
    ($order:literal, $($path_and_value:literal),+) => {
        concat!("UPDATE orders SET body = json_set(body, ", $($path_and_value),+, ") WHERE id = '{", $order, "}';")
    };
}
macro_rules! set_payment {
    ($payment:literal, $($path_and_value:literal),+) => {
        concat!("UPDATE payments SET value = json_set(value, ", $($path_and_value),+, ") WHERE id = '{", $payment, "}';")
    };
}

const PAID_AT: &str =
    "UPDATE orders SET body = json_set(body, '$.paid_at', body ->> '$.updated_at') WHERE id = '{waiting}';";

/// One for each kind of violation, by its name.
pub(crate) const ALL: &[Damage] = &[
    Damage {
        sql: &[(In::Order, then!("paid", "service", "waiting")), (In::Order, PAID_AT)],
        said: &[("paid_without_payment", "waiting", "waiting_payment")],
    },
    Damage {
        sql: &[(In::Order, then!("paid", "cashier", "waiting")), (In::Order, PAID_AT)],
        said: &[("cash_not_recorded", "waiting", "waiting_payment")],
    },
    Damage {
        sql: &[(In::Order, then!("preparing", "kitchen", "waiting"))],
        said: &[("paid_without_payment", "waiting", "waiting_payment"), ("prepared_unpaid", "waiting", "")],
    },
    Damage {
        sql: &[(
            In::Order,
            "UPDATE orders SET body = json_set(json_remove(body, '$.tracking[2]', '$.tracking[1]'),
               '$.status', 'requested', '$.paid_at', NULL, '$.charges[0].status', 'pending') WHERE id = '{cooking}';",
        )],
        said: &[("payment_not_applied", "cooking", "cooking_payment")],
    },
    Damage {
        sql: &[(
            In::Payment,
            "UPDATE payments SET value = json_set(value, '$.snapshots[#]',
               json_set(value -> '$.snapshots[0]', '$.provider_payment_id', 'again'), '$.surplus[#]', 'again')
             WHERE id = '{cooking_payment}';
             INSERT INTO provider_payments VALUES ('again', '{cooking_payment}');",
        )],
        said: &[("paid_twice", "cooking", "cooking_payment")],
    },
    Damage {
        sql: &[(In::Order, then!("cancelled", "admin", "cooking"))],
        said: &[("money_kept", "cooking", "cooking_payment")],
    },
    Damage {
        sql: &[(
            In::Order,
            "UPDATE orders SET body = json_set(json_remove(body, '$.tracking[#-1]'), '$.status', 'cancelled')
             WHERE id = '{refunded}';",
        )],
        said: &[("refund_not_applied", "refunded", "refunded_payment")],
    },
    Damage {
        sql: &[(In::Order, set!("waiting", "'$.lines[0].quantity', 7"))],
        said: &[("lines_do_not_add_up", "waiting", "")],
    },
    Damage {
        sql: &[(In::Order, set!("waiting", "'$.lines[0].quantity', 0"))],
        said: &[("line_out_of_range", "waiting", "")],
    },
    Damage {
        sql: &[(In::Order, set!("waiting", "'$.amount', 1000, '$.lines[0].quantity', 1, '$.lines[0].price', 1000"))],
        said: &[("payment_amount_differs", "waiting", "waiting_payment")],
    },
    Damage {
        sql: &[(In::Payment, set_payment!("cooking_payment", "'$.snapshots[0].amount', (value ->> '$.amount') - 1"))],
        said: &[("provider_amount_differs", "cooking", "cooking_payment")],
    },
    Damage {
        sql: &[(In::Payment, set_payment!("refunded_payment", "'$.refunds[0].amount', 2 * (value ->> '$.amount')"))],
        said: &[
            ("refunded_amount_differs", "refunded", "refunded_payment"),
            ("refunded_too_much", "refunded", "refunded_payment"),
        ],
    },
    Damage {
        sql: &[(In::Payment, set_payment!("refunded_payment", "'$.snapshots[0].refunded', 0.5"))],
        said: &[("refunded_amount_differs", "refunded", "refunded_payment")],
    },
    Damage {
        sql: &[(In::Order, set!("waiting", "'$.lines[0].price', 1000.5"))],
        said: &[("not_whole_centavos", "waiting", "")],
    },
    Damage {
        sql: &[(In::Payment, set_payment!("waiting_payment", "'$.amount', 10.001"))],
        said: &[("not_whole_centavos", "waiting", "waiting_payment")],
    },
    Damage {
        sql: &[(
            In::Payment,
            "DROP INDEX payments_live;
             INSERT INTO payments (id, order_id, customer_id, status, live, version, created_at, value)
               SELECT '{other}', order_id, customer_id, status, live, version, created_at,
                      json_set(value, '$.id', '{other}', '$.snapshots', json('[]'))
               FROM payments WHERE id = '{waiting_payment}';
             INSERT INTO events (payment_id, value)
               SELECT '{other}', value FROM events WHERE payment_id = '{waiting_payment}' LIMIT 1;",
        )],
        said: &[("payment_unknown_to_order", "waiting", "other"), ("two_live_charges", "waiting", "other")],
    },
    Damage {
        sql: &[(
            In::Payment,
            "UPDATE provider_payments SET payment_id = '{waiting_payment}' WHERE payment_id = '{cooking_payment}';",
        )],
        said: &[("provider_payment_shared", "cooking", "cooking_payment")],
    },
    Damage {
        sql: &[(In::Order, "DELETE FROM orders WHERE id = '{waiting}';")],
        said: &[("payment_without_order", "waiting", "waiting_payment")],
    },
    Damage {
        sql: &[(In::Payment, "DELETE FROM payments WHERE id = '{waiting_payment}';")],
        said: &[("payment_missing", "waiting", "waiting_payment")],
    },
    Damage {
        sql: &[(
            In::Payment,
            "UPDATE payments SET order_id = '{cash}', value = json_set(value, '$.order_id', '{cash}')
             WHERE id = '{waiting_payment}';",
        )],
        said: &[
            ("payment_of_another_order", "waiting", "waiting_payment"),
            ("payment_unknown_to_order", "cash", "waiting_payment"),
        ],
    },
    Damage {
        sql: &[(In::Order, set!("cooking", "'$.charges[0].refunded', 1"))],
        said: &[("charge_out_of_date", "cooking", "cooking_payment")],
    },
    Damage {
        sql: &[
            (In::Order, set!("waiting", "'$.charges[0].payment_id', NULL")),
            (In::Payment, "DELETE FROM payments WHERE id = '{waiting_payment}';"),
        ],
        said: &[("charge_not_asked", "waiting", "")],
    },
    Damage {
        sql: &[(In::Order, set!("waiting", "'$.tracking[0].at', '2026-01-01T00:00:00.000Z'"))],
        said: &[("tracking_beginning", "waiting", "")],
    },
    Damage {
        sql: &[(In::Order, set!("cooking", "'$.tracking[2].actor.role', 'customer'"))],
        said: &[("illegal_step", "cooking", "")],
    },
    Damage {
        sql: &[(In::Order, set!("cooking", "'$.tracking[2].at', '2026-01-01T00:00:00.000Z'"))],
        said: &[("tracking_backwards", "cooking", "")],
    },
    Damage {
        sql: &[(In::Order, set!("cooking", "'$.status', 'ready_for_pickup'"))],
        said: &[("status_differs_from_tracking", "cooking", "")],
    },
    Damage {
        sql: &[(In::Order, set!("cooking", "'$.paid_at', '2026-01-01T00:00:00.000Z'"))],
        said: &[("times_differ_from_tracking", "cooking", "")],
    },
    Damage {
        sql: &[(
            In::Payment,
            "INSERT INTO outbox (id, aggregate, kind, payload, created_at, due_at, attempts, raised, state, last_error)
             VALUES ('{other}', 'notice/{cooking_payment}', 'notify', '{}', 1, 1, 9, 1, 'dead', '404 not_found');",
        )],
        said: &[("dead_letter", "", "cooking_payment")],
    },
    Damage {
        sql: &[(
            In::Order,
            "INSERT INTO outbox (id, aggregate, kind, payload, created_at, due_at, attempts, raised, state)
             VALUES ('{other}', '{cooking}', 'refund', '{}', 1, 1, 9, 1, 'open');",
        )],
        said: &[("entry_overdue", "cooking", "")],
    },
    Damage {
        sql: &[(
            In::Order,
            "DROP INDEX orders_number;
             UPDATE orders SET body = json_set(body, '$.number', (SELECT number FROM orders WHERE id = '{cooking}'))
             WHERE id = '{waiting}';",
        )],
        said: &[("number_repeated", "{last}", "")],
    },
    Damage { sql: &[(In::Order, set!("waiting", "'$.lines', 'none'"))], said: &[("order_unreadable", "waiting", "")] },
    Damage {
        sql: &[(In::Order, set!("waiting", "'$.lines', json('[]')"))],
        said: &[("order_malformed", "waiting", "")],
    },
    Damage {
        sql: &[(In::Order, "UPDATE orders SET version = 99 WHERE id = '{waiting}';")],
        said: &[("order_index_differs", "waiting", "")],
    },
    Damage {
        sql: &[(In::Payment, set_payment!("waiting_payment", "'$.method', 'shells'"))],
        said: &[("payment_unreadable", "waiting", "waiting_payment")],
    },
    Damage {
        sql: &[(In::Payment, "UPDATE payments SET live = 0 WHERE id = '{waiting_payment}';")],
        said: &[("payment_index_differs", "waiting", "waiting_payment")],
    },
    Damage {
        sql: &[(
            In::Payment,
            "INSERT INTO events (payment_id, value)
             SELECT payment_id, value FROM events WHERE payment_id = '{cooking_payment}' ORDER BY seq LIMIT 1;",
        )],
        said: &[("log_differs", "cooking", "cooking_payment")],
    },
    // The log is in the way of who tampers with it: what can't be changed can still be cut off.
    Damage {
        sql: &[(
            In::Payment,
            "DROP TRIGGER events_remain; DELETE FROM events WHERE payment_id = '{cooking_payment}' AND seq =
               (SELECT max(seq) FROM events WHERE payment_id = '{cooking_payment}');
             DELETE FROM events WHERE payment_id = '{cooking_payment}' AND value ->> '$.status' = 'approved';",
        )],
        said: &[("log_differs", "cooking", "cooking_payment")],
    },
];

impl Damage {
    /// Does it to the stores in a directory.
    pub(crate) fn cause(&self, shop: &Shop, dir: &std::path::Path) {
        for (store, sql) in self.sql {
            let file = match store {
                In::Order => "order.db",
                In::Payment => "payment.db",
            };
            let store = rusqlite::Connection::open(dir.join(file)).expect("a store");
            store.pragma_update(None, "foreign_keys", false).expect("it can be done");
            let sql = shop.filled(sql);
            store.execute_batch(&sql).unwrap_or_else(|error| panic!("{error}: {sql}"));
        }
    }
}
