//! From values to places on an axis, and the ticks of it.

/// An axis' values: from `low` to `high`, the ends at ticks.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Scale {
    logarithmic: bool,
    /// Ticks are at whole numbers only.
    whole: bool,
    /// Where the ticks are, if they are not at round numbers.
    marks: Vec<f64>,
    low: f64,
    high: f64,
}

/// Powers of ten are told apart from one another on a logarithmic axis; from so much on it shows
/// what a linear one would press together.
const LEAST_LOG_SPAN: f64 = 6.0;

/// An axis reaches no further than this, nor closer to 0 than its inverse.
const BEYOND: f64 = 1e100;

impl Scale {
    /// A linear scale from 0 to a tick at or above the greatest of `values`.
    pub(crate) fn from_zero(values: impl IntoIterator<Item = f64>) -> Self {
        let greatest = finite(values).fold(0.0, f64::max);
        let greatest = if greatest > 0.0 { greatest } else { 1.0 };
        let step = nice_step(greatest / 4.0);
        Self {
            logarithmic: false,
            whole: false,
            marks: Vec::new(),
            low: 0.0,
            high: (greatest / step - 1e-9).ceil() * step,
        }
    }

    /// A linear scale from a tick below the least of `values` to one above the greatest.
    pub(crate) fn around(values: impl IntoIterator<Item = f64>) -> Self {
        let (least, greatest) = extent(values).unwrap_or((0.0, 1.0));
        let span = greatest - least;
        let span = if span > 0.0 {
            span
        } else {
            greatest.abs().max(1.0)
        };
        let step = nice_step(span / 3.0);
        let low = (least / step + 1e-9).floor() * step;
        let high = (greatest / step - 1e-9).ceil() * step;
        Self {
            logarithmic: false,
            whole: false,
            marks: Vec::new(),
            low,
            high: if high > low { high } else { low + step },
        }
    }

    /// A logarithmic scale over those `values` that are above 0, its ends at 1, 2 or 5 times a
    /// power of ten.
    pub(crate) fn logarithmic(values: impl IntoIterator<Item = f64>) -> Self {
        let positive = values.into_iter().filter(|value| *value > 0.0);
        let (least, greatest) = extent(positive).unwrap_or((1.0, 10.0));
        let low = step_down(least);
        let high = step_up(greatest);
        Self {
            logarithmic: true,
            whole: false,
            marks: Vec::new(),
            low,
            high: if high > low { high } else { step_up(low * 1.5) },
        }
    }

    /// A logarithmic scale with its ticks at `values`, which are above 0.
    pub(crate) fn logarithmic_at(values: impl IntoIterator<Item = f64>) -> Self {
        let mut marks: Vec<f64> = finite(values).filter(|value| *value > 0.0).collect();
        marks.sort_by(f64::total_cmp);
        marks.dedup();
        match (marks.first(), marks.last()) {
            (Some(&low), Some(&high)) if high > low => Self {
                logarithmic: true,
                whole: false,
                marks,
                low,
                high,
            },
            _ => Self::logarithmic(marks),
        }
    }

    /// A linear scale of numbers of things, from exactly `from` to `to`.
    pub(crate) fn counting(from: u64, to: u64) -> Self {
        Self {
            logarithmic: false,
            whole: true,
            marks: Vec::new(),
            low: from as f64,
            high: to.max(from + 1) as f64,
        }
    }

    /// Logarithmic where the values differ so much that a linear scale would hide the small
    /// ones, and linear otherwise.
    pub(crate) fn fitting(values: impl IntoIterator<Item = f64>) -> Self {
        let values: Vec<f64> = values.into_iter().collect();
        match extent(values.iter().copied()) {
            Some((least, greatest)) if least > 0.0 && greatest / least >= LEAST_LOG_SPAN => {
                Self::logarithmic(values)
            }
            _ => Self::from_zero(values),
        }
    }

    /// The same for ratios, whose linear scale is about 1 and not from 0. A logarithmic one ends
    /// close to the values, as they are often near 1.
    pub(crate) fn of_ratios(values: impl IntoIterator<Item = f64>) -> Self {
        let values: Vec<f64> = values.into_iter().chain([1.0]).collect();
        match extent(values.iter().copied()) {
            Some((least, greatest)) if least > 0.0 && greatest / least >= 3.0 => Self {
                logarithmic: true,
                whole: false,
                marks: Vec::new(),
                low: [0.9, 0.8, 0.7]
                    .into_iter()
                    .find(|low| *low <= least)
                    .unwrap_or_else(|| step_down(least)),
                high: [1.1, 1.2, 1.5, 3.0, 4.0, 6.0, 8.0]
                    .into_iter()
                    .find(|high| *high >= greatest)
                    .unwrap_or_else(|| step_up(greatest)),
            },
            _ => Self::around(values),
        }
    }

    /// Whether `value` is on the axis.
    pub(crate) fn holds(&self, value: f64) -> bool {
        (self.low..=self.high).contains(&value)
    }

    /// Where `value` is: 0 at the axis' begin, 1 at its end, and what is beyond it at the end
    /// that is nearer.
    pub(crate) fn place(&self, value: f64) -> f64 {
        let place = if self.logarithmic {
            (value.max(self.low) / self.low).ln() / (self.high / self.low).ln()
        } else {
            (value - self.low) / (self.high - self.low)
        };
        // What is no number has no place of its own.
        if place.is_nan() {
            return 0.0;
        }
        place.clamp(0.0, 1.0)
    }

    /// Ticks with their texts, as many as there is room for on an axis of `length` pixels where
    /// `room` says how many pixels a text takes, the space to the next included.
    pub(crate) fn ticks(
        &self,
        length: f64,
        text: &dyn Fn(f64) -> String,
        room: &dyn Fn(&str) -> f64,
    ) -> Vec<(f64, String)> {
        let mut last = Vec::new();
        for ticks in self.candidates() {
            let labelled: Vec<(f64, String)> =
                ticks.into_iter().map(|tick| (tick, text(tick))).collect();
            if self.fits(&labelled, length, room) {
                return labelled;
            }
            last = labelled;
        }
        last
    }

    fn fits(&self, ticks: &[(f64, String)], length: f64, room: &dyn Fn(&str) -> f64) -> bool {
        ticks.windows(2).all(|pair| {
            let distance = (self.place(pair[1].0) - self.place(pair[0].0)) * length;
            let needed = (room(&pair[0].1) + room(&pair[1].1)) / 2.0;
            distance >= needed && pair[0].1 != pair[1].1
        })
    }

    /// Sets of ticks, from the finest to the two ends alone.
    fn candidates(&self) -> Vec<Vec<f64>> {
        let mut sets = if !self.marks.is_empty() {
            self.marked_sets()
        } else if self.logarithmic {
            self.logarithmic_sets()
        } else {
            self.linear_sets()
        };
        sets.retain(|set| set.len() >= 2);
        sets.push(vec![self.low, self.high]);
        sets.push(vec![self.high]);
        sets
    }

    /// All marks, every second and so on, counted from the last.
    fn marked_sets(&self) -> Vec<Vec<f64>> {
        (1..=self.marks.len())
            .map(|every| {
                let mut set: Vec<f64> = self.marks.iter().rev().step_by(every).copied().collect();
                set.reverse();
                set
            })
            .collect()
    }

    fn linear_sets(&self) -> Vec<Vec<f64>> {
        [8.0, 6.0, 4.0, 3.0, 2.0]
            .into_iter()
            .map(|parts| {
                let step = nice_step((self.high - self.low) / parts);
                let step = if self.whole { step.max(1.0) } else { step };
                let first = (self.low / step - 1e-9).ceil();
                let last = (self.high / step + 1e-9).floor();
                let count = (last - first).max(0.0) as usize;
                // Adding 0 makes a negative zero positive.
                (0..=count)
                    .map(|index| (first + index as f64) * step + 0.0)
                    .collect()
            })
            .collect()
    }

    fn logarithmic_sets(&self) -> Vec<Vec<f64>> {
        let mut sets = Vec::new();
        if self.high / self.low < 12.0 {
            sets.push(self.multiples(&[1.0, 1.5, 2.0, 3.0, 4.0, 5.0, 6.0, 8.0], 1));
        }
        sets.push(self.multiples(&[1.0, 2.0, 5.0], 1));
        for every in [1, 2, 3, 4, 6, 12, 24, 48, 96] {
            sets.push(self.multiples(&[1.0], every));
        }
        sets
    }

    /// The factors' multiples of each `every`th power of ten, within the scale.
    fn multiples(&self, factors: &[f64], every: usize) -> Vec<f64> {
        let first = self.low.log10().floor() as i32;
        let last = self.high.log10().ceil() as i32;
        (first..=last)
            .step_by(every)
            .flat_map(|power| factors.iter().map(move |factor| factor * ten_to(power)))
            .filter(|tick| *tick >= self.low * 0.999 && *tick <= self.high * 1.001)
            .collect()
    }
}

/// A tick's text: all its digits, with a comma between thousands.
pub(crate) fn tick(value: f64) -> String {
    let text = format!("{value:.9}");
    let text = text.trim_end_matches('0').trim_end_matches('.');
    let (whole, decimals) = text.split_once('.').unwrap_or((text, ""));
    let (sign, digits) = match whole.strip_prefix('-') {
        Some(digits) => ("−", digits),
        None => ("", whole),
    };
    let mut grouped = String::from(sign);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index) % 3 == 0 {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    if !decimals.is_empty() {
        grouped.push('.');
        grouped.push_str(decimals);
    }
    grouped
}

/// Values that an axis can show. A report may hold any number, and the powers of ten about one
/// that nothing measures are beyond what a float or a picture has room for.
fn finite(values: impl IntoIterator<Item = f64>) -> impl Iterator<Item = f64> {
    let shown = |value: &f64| *value == 0.0 || (1.0 / BEYOND..=BEYOND).contains(&value.abs());
    values.into_iter().filter(shown)
}

fn extent(values: impl IntoIterator<Item = f64>) -> Option<(f64, f64)> {
    finite(values).fold(None, |extent, value| match extent {
        None => Some((value, value)),
        Some((least, greatest)) => Some((value.min(least), value.max(greatest))),
    })
}

/// Division keeps a power below 1 exact to the digit, so that a tick is 0.1 and not
/// 0.10000000000000002.
fn ten_to(power: i32) -> f64 {
    if power < 0 {
        1.0 / 10_f64.powi(-power)
    } else {
        10_f64.powi(power)
    }
}

/// 1, 2 or 5 times a power of ten, at or above `least`.
fn nice_step(least: f64) -> f64 {
    step_up(least.max(f64::MIN_POSITIVE * 1e10))
}

fn step_up(value: f64) -> f64 {
    let power = value.log10().floor() as i32;
    [1.0, 2.0, 5.0]
        .into_iter()
        .map(|factor| factor * ten_to(power))
        .find(|step| *step >= value * 0.999_999)
        .unwrap_or_else(|| ten_to(power.saturating_add(1)))
}

fn step_down(value: f64) -> f64 {
    let power = value.log10().floor() as i32;
    [5.0, 2.0, 1.0]
        .into_iter()
        .map(|factor| factor * ten_to(power))
        .find(|step| *step <= value * 1.000_001)
        .unwrap_or_else(|| ten_to(power))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn ticks(scale: &Scale, length: f64) -> Vec<f64> {
        scale
            .ticks(length, &|value| value.to_string(), &|text| {
                text.len() as f64 * 8.0 + 12.0
            })
            .into_iter()
            .map(|(tick, _)| tick)
            .collect()
    }

    #[test]
    fn a_scale_from_zero_ends_at_a_tick_above_the_greatest() {
        let scale = Scale::from_zero([3.0, 9.3]);
        assert_eq!(ticks(&scale, 300.0), [0.0, 2.0, 4.0, 6.0, 8.0, 10.0]);
        assert_eq!(scale.place(0.0), 0.0);
        assert_eq!(scale.place(10.0), 1.0);
    }

    #[test]
    fn a_logarithmic_scale_has_ticks_at_round_numbers() {
        let scale = Scale::logarithmic([34.0, 8_100.0]);
        assert_eq!(
            ticks(&scale, 600.0),
            [
                20.0, 50.0, 100.0, 200.0, 500.0, 1000.0, 2000.0, 5000.0, 10_000.0
            ]
        );
        assert_eq!(ticks(&scale, 200.0), [100.0, 1000.0, 10_000.0]);
    }

    #[test]
    fn a_tick_is_written_out() {
        let texts = [0.0, 0.1, 1.5, 20_000.0, -5.0, 1_000_000.0].map(tick);
        assert_eq!(texts, ["0", "0.1", "1.5", "20,000", "−5", "1,000,000"]);
    }

    #[test]
    fn equal_values_have_a_scale_all_the_same() {
        for scale in [
            Scale::from_zero([0.0, 0.0]),
            Scale::around([7.0, 7.0]),
            Scale::logarithmic([5.0, 5.0]),
            Scale::of_ratios([1.0]),
        ] {
            assert!(scale.high > scale.low, "{scale:?}");
            assert!(ticks(&scale, 300.0).len() >= 2, "{scale:?}");
        }
    }

    #[test]
    fn things_are_counted_in_whole_numbers() {
        assert_eq!(ticks(&Scale::counting(1, 3), 400.0), [1.0, 2.0, 3.0]);
        assert_eq!(ticks(&Scale::counting(1, 8), 120.0), [2.0, 4.0, 6.0, 8.0]);
    }

    #[test]
    fn no_values_have_a_scale_all_the_same() {
        assert_eq!(ticks(&Scale::logarithmic([]), 300.0).first(), Some(&1.0));
        assert!(Scale::fitting([]).place(0.5).is_finite());
    }

    #[test]
    fn ticks_are_where_something_was_measured() {
        let scale = Scale::logarithmic_at([1.0, 8.0, 64.0, 512.0, 64.0]);
        assert_eq!(ticks(&scale, 300.0), [1.0, 8.0, 64.0, 512.0]);
        assert_eq!(ticks(&scale, 80.0), [8.0, 512.0]);
        assert!(ticks(&Scale::logarithmic_at([7.0]), 300.0).len() >= 2);
    }

    #[test]
    fn a_scale_of_far_ratios_ends_close_to_them() {
        let scale = Scale::of_ratios([0.98, 5.92]);
        assert_eq!((scale.low, scale.high), (0.9, 6.0));
        assert!(ticks(&scale, 300.0).contains(&1.0), "{scale:?}");
    }

    #[test]
    fn ratios_are_about_one() {
        let scale = Scale::of_ratios([1.04, 1.22]);
        assert!(scale.low <= 1.0 && scale.low > 0.5, "{scale:?}");
    }

    proptest! {
        #[test]
        fn any_number_has_a_place(
            values in prop::collection::vec(
                prop_oneof![any::<f64>(), Just(5e-324), Just(f64::MAX), Just(f64::INFINITY)], 0..5,
            ),
        ) {
            for scale in [
                Scale::from_zero(values.clone()),
                Scale::around(values.clone()),
                Scale::logarithmic(values.clone()),
                Scale::logarithmic_at(values.clone()),
                Scale::fitting(values.clone()),
                Scale::of_ratios(values.clone()),
            ] {
                let ticks = ticks(&scale, 300.0);
                prop_assert!(!ticks.is_empty());
                for value in values.iter().chain(&ticks).chain([&f64::NAN]) {
                    prop_assert!((0.0..=1.0).contains(&scale.place(*value)), "{scale:?}");
                }
            }
        }

        #[test]
        fn every_value_has_a_place_and_ticks_never_overlap(
            values in prop::collection::vec(prop_oneof![0.0..1e12f64, Just(0.0), 1e-9..1.0f64], 0..8),
            length in 60.0..900.0f64,
        ) {
            for scale in [
                Scale::from_zero(values.clone()),
                Scale::around(values.clone()),
                Scale::logarithmic(values.clone()),
                Scale::fitting(values.clone()),
                Scale::of_ratios(values.clone()),
            ] {
                for value in &values {
                    prop_assert!((0.0..=1.0).contains(&scale.place(*value)), "{scale:?}");
                }
                let ticks = ticks(&scale, length);
                prop_assert!(!ticks.is_empty());
                prop_assert!(ticks.windows(2).all(|pair| pair[0] < pair[1]), "{ticks:?}");
            }
        }
    }
}
