use super::{BrCode, BrCodeError, GUI, MAX_CITY, MAX_KEY, MAX_NAME, NO_TXID, Target, crc, is_printable, is_txid};
use domain::Money;

/// One element.
struct Element<'a> {
    id: &'a str,
    value: &'a str,
}

/// Reads a Pix BR Code and checks all of it: every element, what is required, the CRC.
///
/// Elements that the manual leaves to others (such as 80 to 99) are passed over.
///
/// # Errors
/// [`BrCodeError`] names the first thing that is wrong.
pub fn parse(text: &str) -> Result<BrCode, BrCodeError> {
    if !is_printable(text) {
        return Err(BrCodeError::NotAscii);
    }
    let all = elements(text)?;
    let (last, rest) = all.split_last().ok_or(BrCodeError::Missing("00"))?;
    let covered = text.len().checked_sub(4).ok_or(BrCodeError::Crc)?;
    if last.id != "63" || last.value.len() != 4 || crc(&text[..covered]) != last.value {
        return Err(BrCodeError::Crc);
    }
    unique(&all)?;
    if rest.first().is_none_or(|first| first.id != "00" || first.value != "01") {
        return Err(BrCodeError::Value("00"));
    }
    let currency = required(rest, "53")?;
    let country = required(rest, "58")?;
    required(rest, "52")?;
    if currency != "986" || country != "BR" {
        return Err(BrCodeError::Value(if country == "BR" { "53" } else { "58" }));
    }
    Ok(BrCode {
        target: target(rest)?,
        single_use: single_use(rest)?,
        amount: find(rest, "54").map(amount).transpose()?,
        name: limited(rest, "59", MAX_NAME)?,
        city: limited(rest, "60", MAX_CITY)?,
        postal_code: find(rest, "61").map(str::to_owned),
        txid: txid(required(rest, "62")?)?,
    })
}

/// Splits a text into its elements, all of it. Only ASCII comes here, so that every byte is a character.
fn elements(text: &str) -> Result<Vec<Element<'_>>, BrCodeError> {
    let mut found = Vec::new();
    let mut at = 0;
    while at < text.len() {
        let bad = BrCodeError::Element { at };
        let head = text.get(at..at + 4).filter(|head| head.bytes().all(|b| b.is_ascii_digit())).ok_or(bad.clone())?;
        let (id, length) = head.split_at(2);
        let length: usize = length.parse().map_err(|_| bad.clone())?;
        let value = text.get(at + 4..at + 4 + length).filter(|value| !value.is_empty()).ok_or(bad)?;
        found.push(Element { id, value });
        at += 4 + length;
    }
    Ok(found)
}

fn unique(elements: &[Element<'_>]) -> Result<(), BrCodeError> {
    let repeated = elements.iter().enumerate().find(|(at, e)| elements[..*at].iter().any(|before| before.id == e.id));
    repeated.map_or(Ok(()), |(_, element)| Err(BrCodeError::Twice(element.id.to_owned())))
}

fn find<'a>(elements: &[Element<'a>], id: &str) -> Option<&'a str> {
    elements.iter().find(|element| element.id == id).map(|element| element.value)
}

fn required<'a>(elements: &[Element<'a>], id: &'static str) -> Result<&'a str, BrCodeError> {
    find(elements, id).ok_or(BrCodeError::Missing(id))
}

fn limited(elements: &[Element<'_>], id: &'static str, max: usize) -> Result<String, BrCodeError> {
    let value = required(elements, id)?;
    if value.len() > max { Err(BrCodeError::Value(id)) } else { Ok(value.to_owned()) }
}

/// The template of Pix among the merchant accounts 26 to 51; its name is written in either case.
fn target(elements_of_code: &[Element<'_>]) -> Result<Target, BrCodeError> {
    for account in elements_of_code.iter().filter(|element| ("26"..="51").contains(&element.id)) {
        let parts = elements(account.value).map_err(|_| BrCodeError::Value("26"))?;
        if !find(&parts, "00").is_some_and(|gui| gui.eq_ignore_ascii_case(GUI)) {
            continue;
        }
        unique(&parts)?;
        return match (find(&parts, "01"), find(&parts, "25")) {
            (Some(key), None) if key.len() <= MAX_KEY => {
                Ok(Target::Key { key: key.to_owned(), info: find(&parts, "02").map(str::to_owned) })
            }
            (None, Some(url)) => Ok(Target::Url(url.to_owned())),
            _ => Err(BrCodeError::Value("26")),
        };
    }
    Err(BrCodeError::NotPix)
}

fn single_use(elements: &[Element<'_>]) -> Result<Option<bool>, BrCodeError> {
    match find(elements, "01") {
        None => Ok(None),
        Some("11") => Ok(Some(false)),
        Some("12") => Ok(Some(true)),
        Some(_) => Err(BrCodeError::Value("01")),
    }
}

fn amount(text: &str) -> Result<Money, BrCodeError> {
    let amount = text.parse().ok().filter(|amount: &Money| *amount >= Money::ZERO && text.len() <= 13);
    amount.ok_or(BrCodeError::Value("54"))
}

fn txid(template: &str) -> Result<Option<String>, BrCodeError> {
    let parts = elements(template).map_err(|_| BrCodeError::Value("62"))?;
    match find(&parts, "05") {
        Some(NO_TXID) => Ok(None),
        Some(id) if is_txid(id) => Ok(Some(id.to_owned())),
        _ => Err(BrCodeError::Value("62")),
    }
}
