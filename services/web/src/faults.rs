use api::{Fault, Lang, ProblemKind};

use crate::Fail;
use crate::fail::{fault, pick};

/// Most faults that one answer lists; a body that has more is not a typing error.
const MOST: usize = 100;

/// Everything that is wrong with a request, told at once.
#[derive(Debug, Clone, Default)]
pub struct Faults(Vec<Entry>);

#[derive(Debug, Clone)]
struct Entry {
    place: Place,
    pt: String,
    en: String,
}

#[derive(Debug, Clone)]
enum Place {
    Body(String),
    Parameter(String),
}

impl Faults {
    /// None yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a fault of the body at this JSON Pointer (RFC 6901), empty for the whole body.
    pub fn body(&mut self, pointer: impl Into<String>, pt: impl Into<String>, en: impl Into<String>) {
        self.add(Place::Body(pointer.into()), pt.into(), en.into());
    }

    /// Adds a fault of a query parameter or header.
    pub fn parameter(&mut self, name: impl Into<String>, pt: impl Into<String>, en: impl Into<String>) {
        self.add(Place::Parameter(name.into()), pt.into(), en.into());
    }

    fn add(&mut self, place: Place, pt: String, en: String) {
        if !self.is_full() {
            self.0.push(Entry { place, pt, en });
        }
    }

    pub(crate) fn is_full(&self) -> bool {
        self.0.len() >= MOST
    }

    /// Whether nothing is wrong.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Goes on when nothing is wrong.
    ///
    /// # Errors
    /// 422 `invalid_body`, or `invalid_parameter` when only parameters are wrong, with every fault.
    pub fn check(self) -> Result<(), Fail> {
        let Some(first) = self.0.first() else { return Ok(()) };
        let in_body = self.0.iter().any(|entry| matches!(entry.place, Place::Body(_)));
        let kind = if in_body { ProblemKind::InvalidBody } else { ProblemKind::InvalidParameter };
        let (pt, en) = match self.0.len() {
            1 => (first.sentence(&first.pt), first.sentence(&first.en)),
            n if in_body => (format!("{n} campos precisam de correção."), format!("{n} fields need a correction.")),
            n => (format!("{n} parâmetros precisam de correção."), format!("{n} parameters need a correction.")),
        };
        Err(Fail::new(kind, pt, en).with_faults(self))
    }

    /// The same faults, of an object whose fields are the parameters of a query.
    pub(crate) fn into_parameters(mut self) -> Self {
        for entry in &mut self.0 {
            if let Place::Body(pointer) = &entry.place {
                let name = pointer.trim_start_matches('/').split('/').next().unwrap_or_default();
                entry.place = Place::Parameter(name.replace("~1", "/").replace("~0", "~"));
                entry.pt = entry.pt.replace("campo", "parâmetro");
                entry.en = entry.en.replace("field", "parameter");
            }
        }
        self
    }

    /// The parameters that are wrong.
    pub(crate) fn names(&self) -> Vec<String> {
        self.0
            .iter()
            .filter_map(|entry| match &entry.place {
                Place::Parameter(name) => Some(name.clone()),
                Place::Body(_) => None,
            })
            .collect()
    }

    pub(crate) fn list(&self, lang: Lang) -> Vec<Fault> {
        self.0.iter().map(|entry| entry.fault(lang)).collect()
    }
}

impl Entry {
    fn sentence(&self, text: &str) -> String {
        let name = match &self.place {
            Place::Body(pointer) => pointer.trim_start_matches('/').replace('/', "."),
            Place::Parameter(name) => name.clone(),
        };
        if name.is_empty() { format!("{text}.") } else { format!("{name}: {text}.") }
    }

    fn fault(&self, lang: Lang) -> Fault {
        let detail = pick(lang, &self.pt, &self.en);
        match &self.place {
            Place::Body(pointer) => fault(Some(pointer), None, detail),
            Place::Parameter(name) => fault(None, Some(name), detail),
        }
    }
}
