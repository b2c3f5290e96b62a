//! Identifiers that are safe as a branch name, a file name and a word on a screen.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// Longest candidate id in characters: a branch, a folder and a table column hold it.
const LONGEST: usize = 80;

/// What a candidate id looks like, for messages and schemas.
pub const ID_SHAPE: &str =
    "parts of a-z 0-9 _ - joined by single dots, at most 80 characters, not ending in `.lock`";

macro_rules! slug {
    ($(#[$doc:meta])* $name:ident, $check:path, $shape:expr, $pattern:literal) => {
        $(#[$doc])*
        #[derive(Clone, Debug, Deserialize, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            /// The text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $name {
            type Err = String;

            fn from_str(text: &str) -> Result<Self, String> {
                if $check(text) {
                    Ok(Self(text.to_owned()))
                } else {
                    Err(format!("expected {}, found {}", $shape, crate::text::quote(text)))
                }
            }
        }

        impl TryFrom<String> for $name {
            type Error = String;

            fn try_from(text: String) -> Result<Self, String> {
                text.parse()
            }
        }

        impl From<$name> for String {
            fn from(slug: $name) -> Self {
                slug.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(&self.0)
            }
        }

        #[cfg(feature = "schema")]
        impl schemars::JsonSchema for $name {
            fn schema_name() -> std::borrow::Cow<'static, str> {
                stringify!($name).into()
            }

            fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
                schemars::json_schema!({
                    "description": $shape,
                    "type": "string",
                    "maxLength": 80,
                    "pattern": $pattern
                })
            }
        }
    };
}

slug!(
    /// The id of a candidate: `web-ci-cache-npm`, `traefik-3.6-grpc-retry`.
    CandidateId,
    is_id,
    ID_SHAPE,
    "^[a-z0-9_-]+(\\.[a-z0-9_-]+)*$"
);
slug!(
    /// The alias of a target repo in the configuration: `web`, `home_k3s_cluster`.
    Alias,
    is_alias,
    "an alias of a-z A-Z 0-9 . _ - that starts with a letter or digit, at most 80 characters",
    "^[A-Za-z0-9][A-Za-z0-9._-]*$"
);
slug!(
    /// The id of a run: `20261122T181400Z-3fa9`.
    RunId,
    is_id_any_case,
    "a run id of a-z A-Z 0-9 _ -, at most 80 characters",
    "^[A-Za-z0-9_-]+$"
);

fn is_slug_byte(byte: u8) -> bool {
    byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_' || byte == b'-'
}

fn is_id(text: &str) -> bool {
    text.len() <= LONGEST
        && !text.starts_with('-')
        && text.rsplit('.').next() != Some("lock")
        && text.split('.').all(|part| !part.is_empty() && part.bytes().all(is_slug_byte))
}

fn is_id_any_case(text: &str) -> bool {
    !text.is_empty()
        && text.len() <= LONGEST
        && !text.starts_with('-')
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-')
}

fn is_alias(text: &str) -> bool {
    text.len() <= LONGEST
        && text.starts_with(|c: char| c.is_ascii_alphanumeric())
        && !text.contains("..")
        && !text.ends_with(".lock")
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-'))
}

/// Makes a valid candidate id from any words: lower case, everything else a dash.
///
/// What does not fit in 80 characters is replaced by a hash of the whole, so
/// that two long names stay two ids.
#[must_use]
pub fn slug(words: &[&str]) -> CandidateId {
    let joined = words.join("-");
    let mut text = String::new();
    for c in joined.chars().flat_map(char::to_lowercase) {
        let c = if c.is_ascii_alphanumeric() || c == '_' { c } else { '-' };
        if c != '-' || !(text.is_empty() || text.ends_with('-')) {
            text.push(c);
        }
    }
    let text = text.trim_end_matches('-');
    if text.len() > LONGEST || text.is_empty() {
        let head: String = text.chars().take(LONGEST - 9).collect();
        let tail = format!("{:08x}", fnv1a(&joined) as u32);
        return CandidateId(if head.is_empty() {
            tail
        } else {
            format!("{}-{tail}", head.trim_end_matches('-'))
        });
    }
    CandidateId(text.to_owned())
}

/// A stable 64-bit hash (FNV-1a), for names; not for security.
#[must_use]
pub fn fnv1a(text: &str) -> u64 {
    text.bytes()
        .fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_that_git_or_a_shell_would_misread_are_refused() {
        for bad in ["a/b", "a..b", "a.lock", "", ".a", "a.", "-rf", "A", "a b", "a\nb", "ä", "a.b.lock"] {
            assert!(bad.parse::<CandidateId>().is_err(), "{bad:?}");
        }
        assert!("a".repeat(81).parse::<CandidateId>().is_err());
    }

    #[test]
    fn the_ids_nearest_to_those_pass() {
        for good in ["a.b", "a-b", "a.lock.b", "a.locks", "traefik-3.6-grpc-retry", "_a"] {
            assert!(good.parse::<CandidateId>().is_ok(), "{good}");
        }
        assert!("a".repeat(80).parse::<CandidateId>().is_ok());
    }

    #[test]
    fn a_slug_is_always_a_valid_id() {
        let long = "x".repeat(200);
        for words in [&["Web", "npm ci / lint"][..], &[""], &["--"], &[&long], &["a.lock"]] {
            let id = slug(words);
            assert!(id.as_str().parse::<CandidateId>().is_ok(), "{id}");
        }
        assert_eq!(slug(&["web", ".gitlab-ci.yml", "npm"]).as_str(), "web-gitlab-ci-yml-npm");
    }

    #[test]
    fn two_long_names_stay_two_ids() {
        let a = "x".repeat(100);
        assert_ne!(slug(&[&a, "1"]), slug(&[&a, "2"]));
    }
}
