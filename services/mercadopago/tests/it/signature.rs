use std::time::Duration;

use domain::Timestamp;
use mercadopago::signature::{Casing, Matched, Parts, SignatureError, header, sign, verify};
use proptest::prelude::*;
use secrecy::SecretString;
use serde::Deserialize;

#[derive(Deserialize)]
struct Fixture {
    secret: String,
    vectors: Vec<Vector>,
}

#[derive(Deserialize)]
struct Vector {
    name: String,
    data_id: Option<String>,
    request_id: Option<String>,
    ts: String,
    v1: String,
}

const REQUEST: &str = "7a1f3c52-3f0e-4a63-9a3e-5a1d2b3c4d5e";
const WINDOW: Duration = Duration::from_secs(600);

fn fixture() -> Fixture {
    serde_json::from_str(include_str!("../../../../fixtures/mercadopago/signatures.json")).expect("the fixture")
}

fn secret(text: &str) -> SecretString {
    SecretString::from(text.to_owned())
}

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_millis(seconds * 1000)
}

/// Checks a header for payment 123456789 at the second it was signed.
fn check(header: Option<&str>) -> Result<Matched, SignatureError> {
    let parts = Parts { signature: header, request_id: Some(REQUEST), data_id: Some("123456789") };
    verify(&parts, &[secret(&fixture().secret)], at(1_704_908_010), WINDOW)
}

#[test]
fn every_vector_is_signed_and_verified() {
    let Fixture { secret: key, vectors } = fixture();
    assert_eq!(vectors.len(), 6);
    for vector in vectors {
        let (id, request) = (vector.data_id.as_deref(), vector.request_id.as_deref());
        assert_eq!(sign(&secret(&key), id, request, &vector.ts), vector.v1, "{}", vector.name);
        let whole = header(&secret(&key), id, request, &vector.ts);
        assert_eq!(whole, format!("ts={},v1={}", vector.ts, vector.v1));
        let signed: i64 = vector.ts.parse().expect("digits");
        let now = Timestamp::from_millis(if vector.ts.len() >= 12 { signed } else { signed * 1000 });
        let parts = Parts { signature: Some(&whole), request_id: request, data_id: id };
        let expected = Matched { secret: 0, casing: Casing::AsReceived, signed_at: now };
        assert_eq!(verify(&parts, &[secret(&key)], now, WINDOW), Ok(expected), "{}", vector.name);
    }
}

#[test]
fn an_order_signed_in_lower_case_matches_and_says_so() {
    let Fixture { secret: key, vectors } = fixture();
    let whole = format!("ts={},v1={}", vectors[2].ts, vectors[2].v1);
    let parts = Parts { signature: Some(&whole), request_id: Some(REQUEST), data_id: vectors[1].data_id.as_deref() };
    let matched = verify(&parts, &[secret(&key)], Timestamp::from_millis(1_742_505_638_683), WINDOW);
    assert_eq!(matched.map(|m| m.casing), Ok(Casing::Lowercase));
}

#[test]
fn each_way_to_be_wrong_has_its_own_reason() {
    let v1 = fixture().vectors[0].v1.clone();
    let good = format!("ts=1704908010,v1={v1}");
    assert!(check(Some(&good)).is_ok());
    // Blanks, order, case of the keys and unknown keys do not matter; a repeated key counts as its last.
    assert!(check(Some(&format!(" V1 = {v1} , x=1, TS = 1704908010 ,nonsense, v1="))).is_ok());
    assert!(check(Some(&format!("ts=1,ts=1704908010,v2=ab,v1={v1}"))).is_ok());

    assert_eq!(check(None), Err(SignatureError::MissingHeader));
    assert_eq!(check(Some("  ")), Err(SignatureError::MissingHeader));
    assert_eq!(check(Some("hello")), Err(SignatureError::Malformed));
    assert_eq!(check(Some("ts=,v1=")), Err(SignatureError::Malformed));
    assert_eq!(check(Some(&format!("ts=17x,v1={v1}"))), Err(SignatureError::Malformed));
    assert_eq!(check(Some(&format!("ts=99999999999999999999,v1={v1}"))), Err(SignatureError::Malformed));
    assert_eq!(check(Some(&format!("v1={v1}"))), Err(SignatureError::MissingTimestamp));
    assert_eq!(check(Some("v2=abc")), Err(SignatureError::MissingTimestamp));
    assert_eq!(check(Some("ts=1704908010")), Err(SignatureError::MissingHash));
    assert_eq!(check(Some(&format!("ts=1704908010,v2={v1}"))), Err(SignatureError::MissingHash));
    let refused = ["", "0", &v1[1..], &v1.to_uppercase(), &"é".repeat(32), &"0".repeat(64), &v1.replace('d', "e")];
    for bad in &refused[1..] {
        assert_eq!(check(Some(&format!("ts=1704908010,v1={bad}"))), Err(SignatureError::Mismatch), "{bad}");
    }
    assert_eq!(check(Some(&format!("ts=1704908011,v1={v1}"))), Err(SignatureError::Mismatch));
}

#[test]
fn the_time_is_checked_last_and_both_ways() {
    let Fixture { secret: key, vectors } = fixture();
    let good = format!("ts=1704908010,v1={}", vectors[0].v1);
    let forged = format!("ts=1704908010,v1={}", "0".repeat(64));
    let at_time = |header: &str, now: i64| {
        let parts = Parts { signature: Some(header), request_id: Some(REQUEST), data_id: Some("123456789") };
        verify(&parts, &[secret(&key)], at(now), WINDOW)
    };
    assert!(at_time(&good, 1_704_908_010 + 600).is_ok());
    assert!(at_time(&good, 1_704_908_010 - 600).is_ok());
    let off = Duration::from_secs(601);
    assert_eq!(at_time(&good, 1_704_908_611), Err(SignatureError::OutOfTolerance { off, ahead: false }));
    assert_eq!(at_time(&good, 1_704_907_409), Err(SignatureError::OutOfTolerance { off, ahead: true }));
    assert_eq!(at_time(&forged, 1_704_999_999), Err(SignatureError::Mismatch));
}

#[test]
fn the_previous_secret_still_counts_and_an_empty_one_never() {
    let Fixture { secret: key, vectors } = fixture();
    let good = format!("ts=1704908010,v1={}", vectors[0].v1);
    let parts = Parts { signature: Some(&good), request_id: Some(REQUEST), data_id: Some("123456789") };
    let with = |secrets: &[SecretString]| verify(&parts, secrets, at(1_704_908_010), WINDOW);
    assert_eq!(with(&[secret("new"), secret(&key)]).map(|m| m.secret), Ok(1));
    assert_eq!(with(&[secret("new")]), Err(SignatureError::Mismatch));
    assert_eq!(with(&[]), Err(SignatureError::NoSecret));
    assert_eq!(with(&[secret("")]), Err(SignatureError::NoSecret));
}

proptest! {
    #[test]
    fn what_is_signed_verifies_and_nothing_else_panics(
        key in "[ -~]{1,80}", id in "[A-Za-z0-9]{0,40}", request in "[a-z0-9-]{0,40}", seconds in 1i64..4_000_000_000,
        noise in "\\PC{0,120}",
    ) {
        let whole = header(&secret(&key), Some(&id), Some(&request), &seconds.to_string());
        let parts = Parts { signature: Some(&whole), request_id: Some(&request), data_id: Some(&id) };
        prop_assert!(verify(&parts, &[secret(&key)], at(seconds), WINDOW).is_ok());
        let parts = Parts { signature: Some(&noise), ..parts };
        prop_assert!(verify(&parts, &[secret(&key)], at(seconds), WINDOW).is_err());
    }
}
