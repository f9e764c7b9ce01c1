//! Reads and shows decimal numbers exactly, without floating point.

/// Reads a decimal number such as `1.5` as a count of its smallest unit; one whole is 10^`decimals` units.
/// Returns `None` if `text` is no such number, has more decimals than the unit, or does not fit 128 bits.
#[must_use]
pub fn read(text: &str, decimals: u8) -> Option<u128> {
    let decimals = usize::from(decimals);
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let is_digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || !is_digits(whole) || !is_digits(fraction) || fraction.len() > decimals {
        return None;
    }
    format!("{whole}{fraction:0<decimals$}").parse().ok()
}

/// Shows a count of smallest units as a decimal number, exactly and without trailing zeros; one whole is
/// 10^`decimals` units.
#[must_use]
pub fn show(units: impl ToString, decimals: u8) -> String {
    let decimals = usize::from(decimals);
    let digits = format!("{:0>width$}", units.to_string(), width = decimals + 1);
    let (whole, fraction) = digits.split_at(digits.len() - decimals);
    let fraction = fraction.trim_end_matches('0');
    if fraction.is_empty() { whole.to_owned() } else { format!("{whole}.{fraction}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_as_many_decimals_as_their_unit() {
        assert_eq!(read("1.5", 6), Some(1_500_000));
        assert_eq!((read("5", 0), read("5.1", 0)), (Some(5), None));
        assert_eq!((read("0", 255), read("1", 255)), (Some(0), None));
        assert_eq!(show(1_500_000, 6), "1.5");
        assert_eq!((show(0, 0), show(7, 0)), ("0".to_owned(), "7".to_owned()));
        assert_eq!(show(1, 3), "0.001");
    }
}
