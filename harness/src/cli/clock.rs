//! Times and spans as people say them. All times are UTC: a chain has no other.

const DAY: u64 = 86_400;

/// The time `at` in Unix seconds, to the next whole minute: `18:04 UTC today`, where today is the
/// day of `now`.
pub fn until(at: u64, now: u64) -> String {
    let at = at.div_ceil(60).saturating_mul(60);
    let (hour, minute) = (at % DAY / 3_600, at % 3_600 / 60);
    let day = at / DAY;
    let of_day = match day.checked_sub(now / DAY) {
        Some(0) => "today".to_owned(),
        Some(1) => "tomorrow".to_owned(),
        _ => format!("on {}", date(day)),
    };
    format!("{hour:02}:{minute:02} UTC {of_day}")
}

/// The date of the day that begins `days` days after 1970 does.
fn date(days: u64) -> String {
    // Years begin in March here, so that a leap day is a year's last.
    let days = days + 719_468;
    let (era, day_of_era) = (days / 146_097, days % 146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month + 2) / 5 + 1;
    let (month, next) = if month < 10 { (month + 3, 0) } else { (month - 9, 1) };
    format!("{:04}-{month:02}-{day:02}", year_of_era + era * 400 + next)
}

/// A span of `seconds`, of which there is one after the other: `a day`, `every 6 hours`.
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
        // A node may say anything.
        assert!(until(u64::MAX, now).contains("UTC on "));
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
