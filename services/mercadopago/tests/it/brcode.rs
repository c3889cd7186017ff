use domain::Money;
use mercadopago::brcode::{BrCode, BrCodeError, MAX_CITY, MAX_NAME, Target, encode, parse};
use proptest::prelude::*;
use serde::Deserialize;

#[derive(Deserialize)]
struct Vector {
    name: String,
    text: String,
    key: Option<String>,
    url: Option<String>,
    amount: Option<String>,
    payee: String,
    city: String,
    txid: Option<String>,
    single_use: Option<bool>,
}

fn vectors() -> Vec<Vector> {
    serde_json::from_str(include_str!("../../../../fixtures/mercadopago/brcodes.json")).expect("the fixture")
}

fn sample() -> BrCode {
    BrCode {
        target: Target::Key { key: "loja@example.com".to_owned(), info: None },
        single_use: None,
        amount: Some(Money::from_centavos(3500)),
        name: "LOJA TESTE".to_owned(),
        city: "SAO PAULO".to_owned(),
        postal_code: None,
        txid: Some("mpqrinter1".to_owned()),
    }
}

/// The text with its CRC made right again, as somebody would who changes a code on purpose.
fn resealed(text: &str) -> String {
    let body = &text[..text.len() - 4];
    let crc = crc_by_hand(body.as_bytes());
    format!("{body}{crc:04X}")
}

/// CRC-16/CCITT-FALSE bit by bit: a second opinion on the crate's.
fn crc_by_hand(bytes: &[u8]) -> u16 {
    bytes.iter().fold(0xFFFF, |crc: u16, byte| {
        (0..8)
            .fold(crc ^ (u16::from(*byte) << 8), |crc, _| if crc & 0x8000 == 0 { crc << 1 } else { crc << 1 ^ 0x1021 })
    })
}

#[test]
fn every_vector_reads_as_written_and_writes_as_read() {
    assert_eq!(crc_by_hand(b"123456789"), 0x29B1);
    assert_eq!(vectors().len(), 4);
    for vector in vectors() {
        let code = parse(&vector.text).unwrap_or_else(|e| panic!("{}: {e}", vector.name));
        let target = match (vector.key, vector.url) {
            (Some(key), None) => Target::Key { key, info: None },
            (_, url) => Target::Url(url.expect("a key or a URL")),
        };
        let expected = BrCode {
            target,
            single_use: vector.single_use,
            amount: vector.amount.map(|amount| amount.parse().expect("an amount")),
            name: vector.payee,
            city: vector.city,
            postal_code: None,
            txid: vector.txid,
        };
        assert_eq!(code, expected, "{}", vector.name);
        assert_eq!(encode(&code).as_deref(), Ok(&*vector.text), "{}", vector.name);
        assert_eq!(resealed(&vector.text), vector.text);
    }
}

#[test]
fn one_wrong_character_anywhere_is_noticed() {
    let text = encode(&sample()).expect("a code");
    for at in 0..text.len() {
        let mut bytes = text.clone().into_bytes();
        bytes[at] = if bytes[at] == b'7' { b'8' } else { b'7' };
        let changed = String::from_utf8(bytes).expect("ASCII");
        assert!(parse(&changed).is_err(), "{changed}");
        assert!(parse(&text[..at]).is_err(), "cut at {at}");
    }
    assert!(parse(&format!("{text}0")).is_err());
    assert!(parse(&text.to_lowercase()).is_err());
}

#[test]
fn each_fault_behind_a_right_crc_is_named() {
    let text = encode(&sample()).expect("a code");
    let with = |from: &str, to: &str| {
        assert!(text.contains(from), "{from} in {text}");
        parse(&resealed(&text.replacen(from, to, 1)))
    };
    assert_eq!(with("000201", "000202"), Err(BrCodeError::Value("00")));
    assert_eq!(with("52040000", ""), Err(BrCodeError::Missing("52")));
    assert_eq!(with("5303986", "5303032"), Err(BrCodeError::Value("53")));
    assert_eq!(with("5802BR", "5802AR"), Err(BrCodeError::Value("58")));
    assert_eq!(with("5802BR", "5802BR5802BR"), Err(BrCodeError::Twice("58".to_owned())));
    assert_eq!(with("540535.00", "540535.0x"), Err(BrCodeError::Value("54")));
    assert_eq!(with("540535.00", "540635.001"), Err(BrCodeError::Value("54")));
    assert_eq!(with("540535.00", "5405-5.00"), Err(BrCodeError::Value("54")));
    assert_eq!(with("5910LOJA TESTE", ""), Err(BrCodeError::Missing("59")));
    assert_eq!(with("5910LOJA TESTE", "5926LOJA TESTE LOJA TESTE LOJA"), Err(BrCodeError::Value("59")));
    assert_eq!(with("6009SAO PAULO", "6016SAO PAULO SAO PA"), Err(BrCodeError::Value("60")));
    assert_eq!(with("br.gov.bcb.pix", "br.gov.bcb.pox"), Err(BrCodeError::NotPix));
    assert_eq!(with("mpqrinter1", "mpqrinter!"), Err(BrCodeError::Value("62")));
    assert!(with("br.gov.bcb.pix", "BR.GOV.BCB.PIX").is_ok());
    assert_eq!(parse("Pão"), Err(BrCodeError::NotAscii));
    assert_eq!(parse(""), Err(BrCodeError::Missing("00")));
}

#[test]
fn names_lose_accents_and_are_cut_but_keys_never_are() {
    let code = BrCode {
        name: "Açaí & Pão de Açúcar — São João Ltda".to_owned(),
        city: "São José dos Campos".to_owned(),
        ..sample()
    };
    let read = encode(&code).and_then(|text| parse(&text)).expect("a code");
    assert_eq!(read.name, "Acai & Pao de Acucar - Sa");
    assert_eq!(read.city, "Sao Jose dos Ca");
    assert!(read.name.len() <= MAX_NAME && read.city.len() <= MAX_CITY);

    let refused = |code: BrCode| encode(&code).expect_err("refused");
    assert_eq!(refused(BrCode { name: "日本".to_owned(), ..sample() }), BrCodeError::Value("59"));
    assert_eq!(refused(BrCode { txid: Some("a b".to_owned()), ..sample() }), BrCodeError::Value("62"));
    assert_eq!(refused(BrCode { txid: Some("a".repeat(26)), ..sample() }), BrCodeError::Value("62"));
    assert_eq!(refused(BrCode { amount: Some(Money::from_centavos(-1)), ..sample() }), BrCodeError::Value("54"));
    let key = |key: &str| BrCode { target: Target::Key { key: key.to_owned(), info: None }, ..sample() };
    assert_eq!(refused(key(&"k".repeat(78))), BrCodeError::Value("26"));
    assert_eq!(refused(key("joão@example.com")), BrCodeError::NotAscii);
    assert_eq!(refused(key("")), BrCodeError::Value("01"));
}

fn text(max: usize) -> impl Strategy<Value = String> {
    proptest::string::string_regex(&format!("[A-Za-z0-9]([ -~]{{0,{}}}[A-Za-z0-9])?", max - 2)).expect("a pattern")
}

fn codes() -> impl Strategy<Value = BrCode> {
    let single_blanks = |text: String| text.split_whitespace().collect::<Vec<_>>().join(" ");
    let target = prop_oneof![
        ("[a-z0-9@.+-]{1,50}", proptest::option::of("[ -~]{1,20}")).prop_map(|(key, info)| Target::Key { key, info }),
        "[a-z0-9./]{1,70}".prop_map(Target::Url),
    ];
    (
        target,
        proptest::option::of(any::<bool>()),
        proptest::option::of(0i64..=999_999_999_999),
        text(MAX_NAME).prop_map(single_blanks),
        text(MAX_CITY).prop_map(single_blanks),
        proptest::option::of("[0-9]{8}"),
        proptest::option::of("[A-Za-z0-9]{1,25}"),
    )
        .prop_map(|(target, single_use, centavos, name, city, postal_code, txid)| BrCode {
            target,
            single_use,
            amount: centavos.map(Money::from_centavos),
            name,
            city,
            postal_code,
            txid,
        })
}

proptest! {
    #[test]
    fn what_is_written_is_read_back(code in codes()) {
        let text = encode(&code).expect("a code");
        prop_assert_eq!(parse(&text), Ok(code));
    }

    #[test]
    fn the_parser_never_panics(text in "\\PC{0,200}", digits in "[0-9]{0,60}", cut in 0usize..200) {
        prop_assert!(parse(&text).is_err());
        prop_assert!(parse(&digits).is_err());
        let good = encode(&sample()).expect("a code");
        // A right CRC over any other elements: what is accepted keeps its limits.
        let mixed = format!("{}{digits}6304    ", &good[..cut.min(good.len() - 8)]);
        if let Ok(code) = parse(&resealed(&mixed)) {
            prop_assert!(code.name.len() <= MAX_NAME && code.city.len() <= MAX_CITY);
            prop_assert!(code.amount.is_none_or(|amount| amount >= Money::ZERO));
        }
    }
}
