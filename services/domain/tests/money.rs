//! Money, CPF and time: what is accepted, what is refused, and that nothing drifts.
#![allow(clippy::unwrap_used, reason = "a test that meets an error has failed")]

use domain::{Cpf, CpfError, DayRule, Email, Money, MoneyError, Timestamp};
use proptest::prelude::*;

#[test]
fn amounts_have_at_most_two_decimals() {
    for (text, want) in [("35", 3500), ("35.5", 3550), ("0.01", 1), ("35.500", 3550), ("-2.30", -230)] {
        assert_eq!(text.parse::<Money>().unwrap().centavos(), want, "{text}");
    }
    assert_eq!("1.001".parse::<Money>(), Err(MoneyError::TooPrecise));
    for text in ["", ".", "1.", ".5", "1,50", "1e2", "+1", " 1", "NaN", "--1"] {
        assert_eq!(text.parse::<Money>(), Err(MoneyError::NotANumber), "{text:?}");
    }
    assert_eq!("99999999999999999999".parse::<Money>(), Err(MoneyError::TooLarge));
}

#[test]
fn json_numbers_keep_their_decimals_or_are_refused() {
    assert_eq!(serde_json::from_str::<Money>("35.10").unwrap().centavos(), 3510);
    assert_eq!(serde_json::from_str::<Money>("35").unwrap().centavos(), 3500);
    assert!(serde_json::from_str::<Money>("35.105").is_err());
    assert!(serde_json::from_str::<Money>("1e300").is_err());
    assert!(serde_json::from_str::<Money>("\"35.10\"").is_err());
    assert_eq!(Money::from_centavos(123_456_789).brl(), "R$ 1.234.567,89");
    assert_eq!(Money::from_centavos(5).brl(), "R$ 0,05");
}

proptest! {
    #[test]
    fn every_amount_survives_the_wire(centavos in -999_999_999_999i64..999_999_999_999) {
        let money = Money::from_centavos(centavos);
        let json = serde_json::to_string(&money).unwrap();
        prop_assert_eq!(serde_json::from_str::<Money>(&json).unwrap(), money);
        prop_assert_eq!(money.to_string().parse::<Money>().unwrap(), money);
    }

    #[test]
    fn parsing_never_panics(text in "\\PC{0,40}") {
        let _ = text.parse::<Money>();
        let _ = text.parse::<Cpf>();
        let _ = text.parse::<Email>();
        let _ = text.parse::<Timestamp>();
    }

    #[test]
    fn one_changed_digit_breaks_a_cpf(at in 0usize..11, digit in 0u8..10) {
        let right = "52998224725";
        let mut wrong = right.as_bytes().to_vec();
        wrong[at] = b'0' + digit;
        let wrong = String::from_utf8(wrong).unwrap();
        prop_assert_eq!(wrong.parse::<Cpf>().is_ok(), wrong == right);
    }
}

#[test]
fn cpf_is_checked_normalised_and_masked() {
    let cpf: Cpf = "529.982.247-25".parse().unwrap();
    assert_eq!(cpf.digits(), "52998224725");
    assert_eq!(cpf.masked(), "***.982.247-**");
    assert_eq!(format!("{cpf:?}"), "Cpf(***)");
    assert_eq!("999".parse::<Cpf>(), Err(CpfError::Shape));
    assert_eq!("1-2-3".parse::<Cpf>(), Err(CpfError::Shape));
    assert_eq!("529-982-247.25".parse::<Cpf>(), Err(CpfError::Shape));
    assert_eq!("11111111111".parse::<Cpf>(), Err(CpfError::CheckDigits));
    assert_eq!("52998224724".parse::<Cpf>(), Err(CpfError::CheckDigits));
}

#[test]
fn email_has_one_spelling() {
    assert_eq!(" Ana@Example.COM ".parse::<Email>().unwrap().as_str(), "ana@example.com");
    for text in ["", "ana", "ana@", "@example.com", "ana@example", "a b@example.com", "ana@-x.com", "a@b@c.com"] {
        assert!(text.parse::<Email>().is_err(), "{text:?}");
    }
}

#[test]
fn the_day_turns_where_the_snack_bar_is() {
    let rule = DayRule::new("America/Sao_Paulo", "00:00").unwrap();
    let day = |text: &str| rule.day_of(text.parse().unwrap()).to_string();
    assert_eq!(day("2026-11-23T02:59:59Z"), "2026-11-22");
    assert_eq!(day("2026-11-23T03:00:00Z"), "2026-11-23");
    let late = DayRule::new("America/Sao_Paulo", "04:00").unwrap();
    assert_eq!(late.day_of("2026-11-23T06:59:59Z".parse().unwrap()).to_string(), "2026-11-22");
    let began = |rule: &DayRule, text: &str| rule.began(text.parse().unwrap()).to_string();
    assert_eq!(began(&rule, "2026-11-23T02:59:59Z"), "2026-11-22T03:00:00.000Z");
    assert_eq!(began(&late, "2026-11-23T07:00:00Z"), "2026-11-23T07:00:00.000Z");
    assert!(DayRule::new("Mars/Olympus", "00:00").is_err());
    assert!(DayRule::new("America/Sao_Paulo", "25:00").is_err());
}
