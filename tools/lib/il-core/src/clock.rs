//! The one place that reads the time.

use std::time::{Duration, Instant};

use jiff::Timestamp;

use crate::environment;

/// Wall-clock time in UTC, whole seconds.
///
/// Honours `SOURCE_DATE_EPOCH` (reproducible-builds.org), so that two runs on
/// the same input can write the same bytes.
#[must_use]
#[allow(clippy::disallowed_methods)]
pub fn now() -> Timestamp {
    let fixed = environment::var("SOURCE_DATE_EPOCH")
        .and_then(|text| text.parse::<i64>().ok())
        .and_then(|seconds| Timestamp::from_second(seconds).ok());
    fixed.unwrap_or_else(|| {
        let seconds = Timestamp::now().as_second();
        Timestamp::from_second(seconds).expect("a second of the present is in range")
    })
}

/// A running stopwatch for time limits and durations; never affected by clock changes.
#[derive(Clone, Copy, Debug)]
pub struct Stopwatch(Instant);

impl Stopwatch {
    /// Starts at zero.
    #[must_use]
    #[allow(clippy::disallowed_methods)]
    pub fn start() -> Self {
        Self(Instant::now())
    }

    /// Time since the start.
    #[must_use]
    pub fn elapsed(&self) -> Duration {
        self.0.elapsed()
    }
}

/// A duration for people: `350 ms`, `1.2 s`, `4m05s`.
#[must_use]
pub fn human(duration: Duration) -> String {
    let seconds = duration.as_secs();
    match seconds {
        0 => format!("{} ms", duration.as_millis()),
        1..60 => format!("{:.1} s", duration.as_secs_f64()),
        60..3600 => format!("{}m{:02}s", seconds / 60, seconds % 60),
        _ => format!("{}h{:02}m", seconds / 3600, seconds % 3600 / 60),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_printed_in_the_unit_that_fits() {
        let shown: Vec<_> =
            [350, 1_200, 245_000, 7_260_000].map(|ms| human(Duration::from_millis(ms))).into();
        assert_eq!(shown, ["350 ms", "1.2 s", "4m05s", "2h01m"]);
    }
}
