//! Numbers as both languages write them: three significant digits, a comma between thousands,
//! a space before the unit.

use std::time::Duration;

/// A space at which no line is broken.
pub(crate) const TIE: char = '\u{a0}';

/// A count, whole.
pub(crate) fn count(value: u64) -> String {
    let digits = value.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index) % 3 == 0 {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A measured figure, to three significant digits.
pub(crate) fn significant(value: f64) -> String {
    if !value.is_finite() {
        return "?".into();
    }
    let rounded = rounded(value);
    if rounded.abs() >= 100.0 {
        let sign = if rounded < 0.0 { "-" } else { "" };
        return format!("{sign}{}", count(rounded.abs() as u64));
    }
    let decimals = match rounded.abs() {
        size if size >= 10.0 => 1,
        size if size >= 1.0 || size == 0.0 => 2,
        // The digits before the first that is not 0, and three from there on.
        size => 2 + (-size.log10().floor()) as usize,
    };
    if rounded == 0.0 {
        return "0".into();
    }
    format!("{rounded:.decimals$}")
}

/// A time, in the unit that keeps it short.
pub(crate) fn duration(us: f64) -> String {
    scaled(us, 1000.0, &["µs", "ms", "s"])
}

/// A time in minutes and seconds, as a clock has it.
pub(crate) fn clock(time: Duration) -> String {
    let seconds = time.as_secs();
    format!("{}:{:02}", seconds / 60, seconds % 60)
}

/// A size, in the binary unit that keeps it to three digits.
pub(crate) fn bytes(bytes: f64) -> String {
    scaled(bytes, 1024.0, &["B", "KiB", "MiB", "GiB", "TiB"])
}

/// A part of 1 as a percentage, to a tenth. What is there is not shown as nothing.
pub(crate) fn percent(part: f64) -> String {
    let percent = part * 100.0;
    if percent > 0.0 && percent < 0.05 {
        return "< 0.1 %".into();
    }
    format!("{percent:.1} %")
}

/// A ratio, to a hundredth. What is there is not shown as nothing.
pub(crate) fn ratio(value: f64) -> String {
    if value >= 10.0 {
        significant(value)
    } else if value > 0.0 && value < 0.005 {
        "< 0.01".into()
    } else {
        format!("{value:.2}")
    }
}

/// Whether an interval of a ratio tells anything: its ends are not further apart than two powers
/// of ten.
pub(crate) fn tells(low: f64, high: f64) -> bool {
    high <= 100.0 * low
}

/// An interval of a ratio, "1.19–1.25"; none where it tells nothing.
pub(crate) fn interval(low: f64, high: f64) -> Option<String> {
    tells(low, high).then(|| format!("{}–{}", ratio(low), ratio(high)))
}

/// `text` with [`TIE`] between a number and its unit, so that a line does not break there.
pub(crate) fn tied(text: &str) -> String {
    const UNITS: [&str; 8] = ["µs", "ms", "s", "B", "KiB", "MiB", "GiB", "%"];
    let mut tied = String::with_capacity(text.len());
    for word in text.split_inclusive(' ') {
        let letters =
            word.trim_end_matches(|letter: char| !letter.is_alphabetic() && letter != '%');
        let unit = UNITS
            .iter()
            .any(|unit| letters.strip_prefix(unit).is_some_and(not_latin));
        if unit
            && tied.ends_with(' ')
            && tied.trim_end().ends_with(|end: char| end.is_ascii_digit())
        {
            tied.pop();
            tied.push(TIE);
        }
        tied.push_str(word);
    }
    tied
}

fn scaled(value: f64, step: f64, units: &[&str]) -> String {
    let mut scaled = value;
    let mut index = 0;
    while index + 1 < units.len() && rounded(scaled).abs() >= 1000.0 {
        scaled /= step;
        index += 1;
    }
    format!("{} {}", significant(scaled), units[index])
}

/// Nothing, or a Korean particle.
fn not_latin(rest: &str) -> bool {
    !rest.starts_with(|letter: char| letter.is_ascii_alphabetic())
}

/// To three significant digits.
fn rounded(value: f64) -> f64 {
    if value == 0.0 || !value.is_finite() {
        return value;
    }
    // The decimal notation rounds once, where a power of ten as a factor would round twice.
    format!("{value:.2e}").parse().unwrap_or(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_count_has_commas_between_thousands() {
        let texts = [0, 7, 999, 1000, 123_456, 1_234_567].map(count);
        assert_eq!(texts, ["0", "7", "999", "1,000", "123,456", "1,234,567"]);
    }

    #[test]
    fn a_figure_has_three_significant_digits() {
        let figures = [
            0.0, 0.001_234, 0.1, 1.0, 7.894, 9.996, 12.34, 99.96, 123.4, 12_345.0, 999_600.0,
        ];
        let texts = figures.map(significant);
        let expected = [
            "0",
            "0.00123",
            "0.100",
            "1.00",
            "7.89",
            "10.0",
            "12.3",
            "100",
            "123",
            "12,300",
            "1,000,000",
        ];
        assert_eq!(texts, expected);
        assert_eq!(significant(-1234.0), "-1,230");
    }

    #[test]
    fn a_time_takes_the_unit_that_keeps_it_short() {
        let texts = [7.9, 999.4, 999.9, 12_345.0, 2_500_000.0].map(duration);
        assert_eq!(texts, ["7.90 µs", "999 µs", "1.00 ms", "12.3 ms", "2.50 s"]);
    }

    #[test]
    fn a_size_takes_a_binary_unit() {
        let texts = [51.2, 1000.0, 1024.0, 4505.6, 3.5 * 1024.0 * 1024.0].map(bytes);
        assert_eq!(
            texts,
            ["51.2 B", "0.977 KiB", "1.00 KiB", "4.40 KiB", "3.50 MiB"]
        );
    }

    #[test]
    fn an_interval_that_tells_nothing_is_not_shown() {
        assert_eq!(interval(1.19, 1.254).as_deref(), Some("1.19–1.25"));
        assert_eq!(interval(0.5, 784e15), None);
        assert_eq!(interval(0.0, f64::INFINITY), None);
        assert_eq!(interval(f64::NAN, 1.0), None);
    }

    #[test]
    fn a_small_part_is_not_shown_as_nothing() {
        let texts = [0.0, 0.000_1, 0.0234, 0.998].map(percent);
        assert_eq!(texts, ["0.0 %", "< 0.1 %", "2.3 %", "99.8 %"]);
    }
}
