//! The values that were read from a query string, for a provider's plan.

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
    /// Where a page starts in a listing ordered by creation and public id.
    Position {
        /// When the last asset seen was created.
        created_at: Micros,
        /// Its public id.
        id: String,
    },
}

/// The values of a request's parameters, by name.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Args {
    pub(super) values: Vec<(&'static str, Value)>,
    /// The variants that were in effect when they were read.
    pub variants: Variants,
}

impl Args {
    /// The same values with these variants.
    pub fn under(self, variants: Variants) -> Args {
        Args { variants, ..self }
    }

    fn get(&self, name: &str) -> Option<&Value> {
        self.values.iter().find(|(known, _)| *known == name).map(|(_, value)| value)
    }

    /// The number in a parameter. Panics if it has none, so use it only for a parameter with a default.
    pub fn integer(&self, name: &str) -> i64 {
        match self.get(name) {
            Some(Value::Integer(number)) => *number,
            other => panic!(
                "`{name}` is read as an integer with a default, but is {other:?}: its table and its plan disagree"
            ),
        }
    }

    /// The text of a parameter; `None` if it is absent.
    pub fn text(&self, name: &str) -> Option<&str> {
        match self.get(name) {
            Some(Value::Text(text)) => Some(text),
            _ => None,
        }
    }

    /// The instant in a parameter; `None` if it is absent.
    pub fn instant(&self, name: &str) -> Option<Micros> {
        match self.get(name) {
            Some(Value::Instant(at)) => Some(*at),
            _ => None,
        }
    }

    /// The position in a parameter; `None` if it is absent.
    pub fn position(&self, name: &str) -> Option<(Micros, &str)> {
        match self.get(name) {
            Some(Value::Position { created_at, id }) => Some((*created_at, id)),
            _ => None,
        }
    }

    /// The texts of a list parameter; `None` if it is absent.
    pub fn list(&self, name: &str) -> Option<&[String]> {
        match self.get(name) {
            Some(Value::List(items)) => Some(items),
            _ => None,
        }
    }
}
