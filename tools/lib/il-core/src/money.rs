//! Money in whole micro-dollars, so that sums are exact.

use std::fmt;
use std::iter::Sum;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// An amount of US dollars, never negative, counted in millionths.
///
/// In JSON and TOML it is a number of dollars (`4.35`).
#[derive(Clone, Copy, Debug, Default, Eq, Ord, PartialEq, PartialOrd)]
pub struct MicroDollars(u64);

/// The largest amount that is accepted from outside: a million dollars.
const MOST: f64 = 1_000_000.0;

impl MicroDollars {
    /// Nothing.
    pub const ZERO: Self = Self(0);

    /// Whole dollars.
    #[must_use]
    pub const fn dollars(dollars: u32) -> Self {
        Self(dollars as u64 * 1_000_000)
    }

    /// From a number of dollars; `None` when it is negative, not a number or absurdly large.
    #[must_use]
    pub fn from_f64(dollars: f64) -> Option<Self> {
        // Rounded to the nearest millionth: 0.1 is not a binary fraction.
        (0.0..=MOST).contains(&dollars).then(|| Self((dollars * 1e6).round() as u64))
    }

    /// As a number of dollars, for JSON.
    #[must_use]
    pub fn as_f64(self) -> f64 {
        self.0 as f64 / 1e6
    }

    /// What is left after taking `other` away, at least nothing.
    #[must_use]
    pub fn saturating_sub(self, other: Self) -> Self {
        Self(self.0.saturating_sub(other.0))
    }

    /// An equal share for each of `parts`, rounded down so that the shares never sum to more.
    #[must_use]
    pub fn share(self, parts: usize) -> Self {
        self.0.checked_div(parts as u64).map_or(Self::ZERO, Self)
    }

    /// True for nothing.
    #[must_use]
    pub fn is_zero(self) -> bool {
        self.0 == 0
    }
}

impl std::ops::Add for MicroDollars {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }
}

impl Sum for MicroDollars {
    fn sum<I: Iterator<Item = Self>>(iter: I) -> Self {
        iter.fold(Self::ZERO, std::ops::Add::add)
    }
}

impl fmt::Display for MicroDollars {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let cents = (self.0 + 5_000) / 10_000;
        let text = format!("${}.{:02}", cents / 100, cents % 100);
        f.pad(&text)
    }
}

impl FromStr for MicroDollars {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        text.trim_start_matches('$')
            .parse()
            .ok()
            .and_then(Self::from_f64)
            .ok_or_else(|| format!("expected dollars between 0 and 1000000, found `{text}`"))
    }
}

impl Serialize for MicroDollars {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if self.0.is_multiple_of(1_000_000) {
            serializer.serialize_u64(self.0 / 1_000_000)
        } else {
            serializer.serialize_f64(self.as_f64())
        }
    }
}

impl<'de> Deserialize<'de> for MicroDollars {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let dollars = f64::deserialize(deserializer)?;
        Self::from_f64(dollars).ok_or_else(|| {
            de::Error::custom(format!("expected dollars between 0 and 1000000, found {dollars}"))
        })
    }
}

#[cfg(feature = "schema")]
impl schemars::JsonSchema for MicroDollars {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Dollars".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "description": "US dollars, exact to a millionth.",
            "type": "number",
            "minimum": 0,
            "maximum": 1_000_000
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_are_exact_where_floating_point_is_not() {
        let tenth = MicroDollars::from_f64(0.1).unwrap();
        let sum: MicroDollars = [tenth; 3].into_iter().sum();
        assert_eq!(sum.as_f64(), 0.3);
        assert_eq!(sum.to_string(), "$0.30");
    }

    #[test]
    fn shares_never_sum_to_more_than_the_whole() {
        let whole = MicroDollars::from_f64(1.0).unwrap();
        let shares: MicroDollars = [whole.share(3); 3].into_iter().sum();
        assert!(shares <= whole);
        assert_eq!(whole.share(0), MicroDollars::ZERO);
    }

    #[test]
    fn nonsense_amounts_are_refused() {
        for text in ["-1", "NaN", "inf", "1e9", "two"] {
            assert!(text.parse::<MicroDollars>().is_err(), "{text}");
        }
        assert_eq!("$5".parse(), Ok(MicroDollars::dollars(5)));
    }

    #[test]
    fn whole_dollars_are_written_without_a_fraction() {
        let write = |d: f64| serde_json::to_string(&MicroDollars::from_f64(d).unwrap()).unwrap();
        assert_eq!((write(5.0), write(1.25)), ("5".into(), "1.25".into()));
    }
}
