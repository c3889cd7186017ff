use super::{
    BrCode, BrCodeError, GUI, MAX_AMOUNT, MAX_CITY, MAX_KEY, MAX_NAME, NO_TXID, Target, crc, is_printable, is_txid,
};
use domain::Money;

/// The text of a BR Code, its CRC included.
///
/// Name and city lose their accents and what is over their length; anything else that does not fit is an error,
/// because a key or an amount that was cut would be another one.
///
/// # Errors
/// [`BrCodeError`] names the element that can't be written.
pub fn encode(code: &BrCode) -> Result<String, BrCodeError> {
    let mut text = String::with_capacity(200);
    put(&mut text, "00", "01")?;
    if let Some(single_use) = code.single_use {
        put(&mut text, "01", if single_use { "12" } else { "11" })?;
    }
    put(&mut text, "26", &account(&code.target)?)?;
    put(&mut text, "52", "0000")?;
    put(&mut text, "53", "986")?;
    if let Some(amount) = code.amount {
        if !(Money::ZERO..=MAX_AMOUNT).contains(&amount) {
            return Err(BrCodeError::Value("54"));
        }
        put(&mut text, "54", &amount.to_string())?;
    }
    put(&mut text, "58", "BR")?;
    put(&mut text, "59", &person_text(&code.name, MAX_NAME).ok_or(BrCodeError::Value("59"))?)?;
    put(&mut text, "60", &person_text(&code.city, MAX_CITY).ok_or(BrCodeError::Value("60"))?)?;
    if let Some(postal) = &code.postal_code {
        put(&mut text, "61", postal)?;
    }
    let txid =
        code.txid.as_deref().map_or(Ok(NO_TXID), |id| is_txid(id).then_some(id).ok_or(BrCodeError::Value("62")))?;
    let mut additional = String::new();
    put(&mut additional, "05", txid)?;
    put(&mut text, "62", &additional)?;
    text.push_str("6304");
    let crc = crc(&text);
    Ok(text + &crc)
}

fn account(target: &Target) -> Result<String, BrCodeError> {
    let mut account = String::new();
    put(&mut account, "00", GUI)?;
    match target {
        Target::Key { key, info } => {
            if key.len() > MAX_KEY {
                return Err(BrCodeError::Value("26"));
            }
            put(&mut account, "01", key)?;
            if let Some(info) = info {
                put(&mut account, "02", info)?;
            }
        }
        Target::Url(url) => put(&mut account, "25", url)?,
    }
    Ok(account)
}

/// Appends one element; the value has 1 to 99 printable ASCII characters.
fn put(text: &mut String, id: &'static str, value: &str) -> Result<(), BrCodeError> {
    if !is_printable(value) {
        return Err(BrCodeError::NotAscii);
    }
    if value.is_empty() || value.len() > 99 {
        return Err(BrCodeError::Value(id));
    }
    text.push_str(id);
    text.push_str(&format!("{:02}", value.len()));
    text.push_str(value);
    Ok(())
}

/// A name without accents, other characters beyond ASCII and double blanks, cut at `max`; `None` if nothing is left.
fn person_text(text: &str, max: usize) -> Option<String> {
    let plain: String = text.chars().filter_map(without_accent).collect();
    let words = plain.split_whitespace().collect::<Vec<_>>().join(" ");
    let cut = words.get(..max).unwrap_or(&words).trim_end();
    (!cut.is_empty()).then(|| cut.to_owned())
}

/// The letter below an accent, for the letters of Portuguese and its neighbours.
fn without_accent(c: char) -> Option<char> {
    Some(match c {
        ' '..='~' => c,
        c if c.is_whitespace() => ' ',
        'À'..='Å' => 'A',
        'à'..='å' | 'ª' => 'a',
        'Ç' => 'C',
        'ç' => 'c',
        'È'..='Ë' => 'E',
        'è'..='ë' => 'e',
        'Ì'..='Ï' => 'I',
        'ì'..='ï' => 'i',
        'Ñ' => 'N',
        'ñ' => 'n',
        'Ò'..='Ö' => 'O',
        'ò'..='ö' | 'º' => 'o',
        'Ù'..='Ü' => 'U',
        'ù'..='ü' => 'u',
        'Ý' => 'Y',
        'ý' | 'ÿ' => 'y',
        '’' | '‘' => '\'',
        '–' | '—' => '-',
        _ => return None,
    })
}
