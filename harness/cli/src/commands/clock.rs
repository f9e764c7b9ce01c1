//! Shows times and spans of time to people. All times are UTC, as a chain's are.

use std::time::{Duration, UNIX_EPOCH};

use humantime::format_rfc3339_seconds;

const DAY: u64 = 86_400;
/// The last minute of the year 9999. Later times have no date in this form, and a node may answer any number.
const LAST: u64 = 253_402_300_740;

/// Shows the time `at`, in Unix seconds, rounded up to a whole minute: `18:04 UTC today`. Today is the day of
/// `now`.
pub fn until(at: u64, now: u64) -> String {
    let at = at.div_ceil(60).saturating_mul(60).min(LAST);
    let told = format_rfc3339_seconds(UNIX_EPOCH + Duration::from_secs(at)).to_string();
    let (date, time) = (&told[..10], &told[11..16]);
    match (at / DAY).checked_sub(now / DAY) {
        Some(0) => format!("{time} UTC today"),
        Some(1) => format!("{time} UTC tomorrow"),
        _ => format!("{time} UTC on {date}"),
    }
}

/// Shows the time `at` and its distance from `now`: `18:04 UTC today (in 58 min)`.
pub fn when(at: u64, now: u64) -> String {
    let distance = match at.checked_sub(now) {
        Some(ahead) => format!("in {}", span(ahead)),
        None => format!("{} ago", span(now - at)),
    };
    format!("{} ({distance})", until(at, now))
}

/// Shows a span of `seconds` in its two largest units: `58 min`, `5 h 58 min`, `3 days 4 h`.
fn span(seconds: u64) -> String {
    let (days, hours, minutes) = (seconds / DAY, seconds % DAY / 3_600, seconds % 3_600 / 60);
    let day = if days == 1 { "day" } else { "days" };
    match (days, hours, minutes) {
        (0, 0, 0) => format!("{seconds} s"),
        (0, 0, _) => format!("{minutes} min"),
        (0, _, 0) => format!("{hours} h"),
        (0, ..) => format!("{hours} h {minutes} min"),
        (_, 0, _) => format!("{days} {day}"),
        _ => format!("{days} {day} {hours} h"),
    }
}

/// Shows how often something repeats that repeats after `seconds`: `a day`, `every 6 hours`.
pub fn each(seconds: u64) -> String {
    for (length, one, many) in
        [(DAY, "a day", "days"), (3_600, "an hour", "hours"), (60, "a minute", "minutes")]
    {
        if seconds == length {
            return one.to_owned();
        }
        if seconds != 0 && seconds.is_multiple_of(length) {
            return format!("every {} {many}", seconds / length);
        }
    }
    if seconds == 1 { "a second".to_owned() } else { format!("every {seconds} seconds") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_told_by_their_day() {
        let now = 1_795_628_280; // 2026-11-25 17:38
        assert_eq!(until(now, now), "17:38 UTC today");
        assert_eq!(until(now + 1, now), "17:39 UTC today");
        assert_eq!(until(now + DAY, now), "17:38 UTC tomorrow");
        assert_eq!(until(now + 7 * DAY, now), "17:38 UTC on 2026-12-02");
        assert_eq!(until(now - DAY, now), "17:38 UTC on 2026-11-24");
        assert_eq!(until(951_782_400, now), "00:00 UTC on 2000-02-29");
        assert_eq!(until(0, now), "00:00 UTC on 1970-01-01");
        assert_eq!(until(u64::MAX, now), "23:59 UTC on 9999-12-31");
        assert_eq!(until(u64::MAX, u64::MAX), "23:59 UTC on 9999-12-31");
    }

    #[test]
    fn a_time_is_told_with_its_distance() {
        let now = 1_795_628_280;
        for (at, told) in [
            (now + 58 * 60, "18:36 UTC today (in 58 min)"),
            (now + 6 * 3_600, "23:38 UTC today (in 6 h)"),
            (now + 5_400, "19:08 UTC today (in 1 h 30 min)"),
            (now + DAY, "17:38 UTC tomorrow (in 1 day)"),
            (now + 7 * DAY + 3_600, "18:38 UTC on 2026-12-02 (in 7 days 1 h)"),
            (now, "17:38 UTC today (in 0 s)"),
            (now - 60, "17:37 UTC today (1 min ago)"),
        ] {
            assert_eq!(when(at, now), told);
        }
        assert!(when(u64::MAX, 0).contains("on 9999-12-31 (in "));
    }

    #[test]
    fn spans_are_told_in_the_largest_unit_that_fits() {
        for (seconds, told) in [
            (DAY, "a day"),
            (2 * DAY, "every 2 days"),
            (3_600, "an hour"),
            (5_400, "every 90 minutes"),
            (90, "every 90 seconds"),
            (1, "a second"),
        ] {
            assert_eq!(each(seconds), told);
        }
    }
}
