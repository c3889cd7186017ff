use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A picture that answers about one thing show, and lists leave out.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Picture {
    /// Not asked for: the field is not there.
    #[default]
    LeftOut,
    /// There is nothing to draw: `null`.
    None,
    /// A PNG in base64.
    Drawn(String),
}

impl Picture {
    /// For an answer about one thing.
    pub fn of(drawn: Option<String>) -> Self {
        drawn.map_or(Picture::None, Picture::Drawn)
    }

    /// Whether the field is not there.
    pub fn is_left_out(&self) -> bool {
        *self == Picture::LeftOut
    }

    /// The picture, where there is one.
    pub fn drawn(&self) -> Option<&str> {
        match self {
            Picture::Drawn(png) => Some(png),
            Picture::LeftOut | Picture::None => None,
        }
    }
}

impl Serialize for Picture {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.drawn().serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Picture {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Option::deserialize(deserializer).map(Picture::of)
    }
}
