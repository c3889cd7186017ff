//! Chaos in one line: `drop=0.2,duplicate=0.2,copies=5,faults=0.05,seed=42`.

use std::collections::HashSet;
use std::fmt;
use std::ops::RangeInclusive;
use std::str::FromStr;

use super::Chaos;

type Rate = fn(&mut Chaos) -> &mut f64;

/// The shares of notifications and refunds, by name.
const RATES: [(&str, Rate); 6] = [
    ("drop", |chaos| &mut chaos.drop),
    ("duplicate", |chaos| &mut chaos.duplicate),
    ("reorder", |chaos| &mut chaos.reorder),
    ("forge", |chaos| &mut chaos.forge),
    ("delay", |chaos| &mut chaos.delay),
    ("refunds_in_process", |chaos| &mut chaos.refunds_in_process),
];
/// The shares of requests, by name.
const FAULTS: [(&str, Rate); 6] = [
    ("rate_limited", |chaos| &mut chaos.rate_limited),
    ("server_error", |chaos| &mut chaos.server_error),
    ("locked", |chaos| &mut chaos.locked),
    ("bad_gateway", |chaos| &mut chaos.bad_gateway),
    ("timeout_before_commit", |chaos| &mut chaos.timeout_before_commit),
    ("timeout_after_commit", |chaos| &mut chaos.timeout_after_commit),
];
/// What is no share: its name, and what it may be.
const NUMBERS: [(&str, RangeInclusive<u64>); 4] =
    [("copies", 1..=5), ("max_delay_ms", 1..=600_000), ("refund_settles_ms", 0..=86_400_000), ("seed", 0..=u64::MAX)];
/// The share that is spread evenly over the faults of requests.
const ALL_FAULTS: &str = "faults";

/// Everything that is wrong with a line of chaos, each with what is allowed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BadChaos(Vec<String>);

impl fmt::Display for BadChaos {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.join("; "))
    }
}

impl std::error::Error for BadChaos {}

/// `NAME=VALUE` with commas between; nothing at all is no chaos. Names are the fields of [`Chaos`], but `copies` for
/// `max_copies`, and `faults`, whose share is spread evenly over the six faults of requests; a fault that is named as
/// well has its own share. `refund_settles_ms=never` leaves refunds to the control panel.
impl FromStr for Chaos {
    type Err = BadChaos;

    fn from_str(line: &str) -> Result<Self, BadChaos> {
        let (mut chaos, mut faults, mut seen) = (Chaos::default(), Vec::new(), HashSet::new());
        let mut parts: Vec<&str> = line.split(',').map(str::trim).collect();
        if line.trim().is_empty() {
            parts.clear();
        }
        // First the share of all faults, then those that are named.
        parts.sort_by_key(|part| name_of(part) != ALL_FAULTS);
        for part in parts {
            if !seen.insert(name_of(part)) {
                faults.push(format!("{} is given twice", name_of(part)));
            } else if let Err(fault) = take(&mut chaos, part) {
                faults.push(fault);
            }
        }
        if faults.is_empty() && !chaos.adds_up() {
            faults.push(format!("the shares of {} must add up to at most 1", names(&FAULTS)));
        }
        if faults.is_empty() { Ok(chaos) } else { Err(BadChaos(faults)) }
    }
}

fn name_of(part: &str) -> &str {
    part.split_once('=').map_or(part, |(name, _)| name).trim()
}

fn names(rates: &[(&'static str, Rate)]) -> String {
    rates.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(", ")
}

/// Takes one part of the line, or says what is wrong with it.
fn take(chaos: &mut Chaos, part: &str) -> Result<(), String> {
    let Some((name, value)) = part.split_once('=') else {
        return Err(format!("{part:?} is not NAME=VALUE, such as drop=0.2"));
    };
    let (name, value) = (name.trim(), value.trim());
    if name == ALL_FAULTS {
        let each = share(name, value)? / FAULTS.len() as f64;
        FAULTS.iter().for_each(|(_, rate)| *rate(chaos) = each);
    } else if let Some((_, rate)) = RATES.iter().chain(&FAULTS).find(|(known, _)| *known == name) {
        *rate(chaos) = share(name, value)?;
    } else if let Some((_, allowed)) = NUMBERS.iter().find(|(known, _)| *known == name) {
        set_number(chaos, name, value, allowed)?;
    } else {
        let numbers = NUMBERS.map(|(known, _)| known).join(", ");
        let known = format!("{}, {ALL_FAULTS}, {}, {numbers}", names(&RATES), names(&FAULTS));
        return Err(format!("{name:?} is unknown; known are {known}"));
    }
    Ok(())
}

fn share(name: &str, value: &str) -> Result<f64, String> {
    let share = value.parse().ok().filter(|share| (0.0..=1.0).contains(share));
    share.ok_or_else(|| format!("{name} must be a share from 0 to 1, such as 0.2"))
}

fn set_number(chaos: &mut Chaos, name: &str, value: &str, allowed: &RangeInclusive<u64>) -> Result<(), String> {
    if (name, value) == ("refund_settles_ms", "never") {
        chaos.refund_settles_ms = None;
        return Ok(());
    }
    let number = value.parse().ok().filter(|number| allowed.contains(number));
    let number = number.ok_or_else(|| {
        let never = if name == "refund_settles_ms" { ", or never" } else { "" };
        format!("{name} must be a whole number from {} to {}{never}", allowed.start(), allowed.end())
    })?;
    match name {
        "copies" => chaos.max_copies = u32::try_from(number).unwrap_or(chaos.max_copies),
        "max_delay_ms" => chaos.max_delay_ms = number,
        "refund_settles_ms" => chaos.refund_settles_ms = Some(number),
        _ => chaos.seed = Some(number),
    }
    Ok(())
}

/// The line that gives the same again, without what is as usual; empty for no chaos.
impl fmt::Display for Chaos {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let usual = Chaos::default();
        let mut chaos = *self;
        let mut parts: Vec<String> = Vec::new();
        let mut say = |name: &str, share: f64| parts.extend((share > 0.0).then(|| format!("{name}={share}")));
        RATES.iter().for_each(|(name, rate)| say(name, *rate(&mut chaos)));
        let shares = FAULTS.map(|(_, rate)| *rate(&mut chaos));
        let all = shares[0] * FAULTS.len() as f64;
        if shares.iter().all(|share| *share == all / FAULTS.len() as f64) {
            say(ALL_FAULTS, all);
        } else {
            FAULTS.iter().zip(shares).for_each(|((name, _), share)| say(name, share));
        }
        let mut differs = |differs: bool, part: String| parts.extend(differs.then_some(part));
        differs(self.max_copies != usual.max_copies, format!("copies={}", self.max_copies));
        differs(self.max_delay_ms != usual.max_delay_ms, format!("max_delay_ms={}", self.max_delay_ms));
        let settles = self.refund_settles_ms.map_or_else(|| "never".to_owned(), |ms| ms.to_string());
        differs(self.refund_settles_ms != usual.refund_settles_ms, format!("refund_settles_ms={settles}"));
        parts.extend(self.seed.map(|seed| format!("seed={seed}")));
        f.write_str(&parts.join(","))
    }
}
