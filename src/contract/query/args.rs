//! What was read of a query string, as a provider's plan asks for it.

use crate::clock::Micros;
use crate::contract::variant::Variants;

/// A parameter's value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// A whole number.
    Integer(i64),
    /// An instant.
    Instant(Micros),
    /// Text.
    Text(String),
    /// Several texts.
    List(Vec<String>),
    /// A position in a listing ordered by creation and public id.
    Position {
        /// When the last asset seen was created.
        created_at: Micros,
        /// Its public id.
        id: String,
    },
}

/// The values of a request, by parameter.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Args {
    pub(super) values: Vec<(&'static str, Value)>,
    /// The variants under which they were read.
    pub variants: Variants,
}

impl Args {
    /// The same, read under these variants.
    pub fn under(self, variants: Variants) -> Args {
        Args { variants, ..self }
    }

    fn get(&self, name: &str) -> Option<&Value> {
        self.values.iter().find(|(known, _)| *known == name).map(|(_, value)| value)
    }

    /// The number of a parameter that has a default, and therefore always a value.
    pub fn integer(&self, name: &str) -> i64 {
        match self.get(name) {
            Some(Value::Integer(number)) => *number,
            other => panic!(
                "`{name}` is read as an integer with a default, but is {other:?}: its table and its plan disagree"
            ),
        }
    }

    /// The text of a parameter, if it was given.
    pub fn text(&self, name: &str) -> Option<&str> {
        match self.get(name) {
            Some(Value::Text(text)) => Some(text),
            _ => None,
        }
    }

    /// The instant of a parameter, if it was given.
    pub fn instant(&self, name: &str) -> Option<Micros> {
        match self.get(name) {
            Some(Value::Instant(at)) => Some(*at),
            _ => None,
        }
    }

    /// The position of a parameter, if it was given.
    pub fn position(&self, name: &str) -> Option<(Micros, &str)> {
        match self.get(name) {
            Some(Value::Position { created_at, id }) => Some((*created_at, id)),
            _ => None,
        }
    }

    /// The texts of a list parameter; `None` if it was not given.
    pub fn list(&self, name: &str) -> Option<&[String]> {
        match self.get(name) {
            Some(Value::List(items)) => Some(items),
            _ => None,
        }
    }
}
