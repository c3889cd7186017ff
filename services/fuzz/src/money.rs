//! Amounts, as text and as JSON.

use domain::Money;

/// Reading never panics, and an amount that was read is the same after it was written.
pub fn check(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    if let Ok(money) = text.parse::<Money>() {
        assert_eq!(money.to_string().parse(), Ok(money));
        assert!(!money.brl().is_empty());
    }
    if let Ok(money) = serde_json::from_str::<Money>(text) {
        // A double keeps every centavo up to ten trillion reais; beyond it only its own JSON can't be promised.
        if money.centavos().unsigned_abs() < 1_000_000_000_000_000 {
            let json = serde_json::to_string(&money).expect("a number");
            assert_eq!(serde_json::from_str::<Money>(&json).expect("our own number"), money);
        }
    }
}
