//! The normal distribution, and Student's.

/// The part of the normal distribution that lies below `x`, to within 1.5e-7 (Abramowitz and
/// Stegun, Handbook of Mathematical Functions, 7.1.26).
pub(super) fn cumulative(x: f64) -> f64 {
    let z = x.abs() / std::f64::consts::SQRT_2;
    let t = 1.0 / (1.0 + 0.327_591_1 * z);
    let series = t
        * (0.254_829_592
            + t * (-0.284_496_736
                + t * (1.421_413_741 + t * (-1.453_152_027 + t * 1.061_405_429))));
    let beyond = series * (-z * z).exp() / 2.0;
    if x < 0.0 { beyond } else { 1.0 - beyond }
}

/// The value that Student's distribution exceeds in 2.5 of 100 cases, to within 0.001, for four
/// degrees of freedom and more: a table for up to nine of them, and the expansion about the normal
/// distribution from there (Abramowitz and Stegun, 26.7.5).
pub(super) fn t_97_5(degrees: usize) -> f64 {
    const TABLE: [f64; 6] = [2.7764, 2.5706, 2.4469, 2.3646, 2.3060, 2.2622];
    const Z: f64 = 1.959_964;
    let tabled = degrees.checked_sub(4).and_then(|index| TABLE.get(index));
    if let Some(&quantile) = tabled {
        return quantile;
    }
    let v = degrees as f64;
    let first = (Z.powi(3) + Z) / 4.0;
    let second = (5.0 * Z.powi(5) + 16.0 * Z.powi(3) + 3.0 * Z) / 96.0;
    let third = (3.0 * Z.powi(7) + 19.0 * Z.powi(5) + 17.0 * Z.powi(3) - 15.0 * Z) / 384.0;
    Z + first / v + second / v.powi(2) + third / v.powi(3)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_normal_distribution_is_that_of_the_tables() {
        for (x, part) in [
            (0.0, 0.5),
            (1.0, 0.841_344_7),
            (-1.96, 0.024_997_9),
            (-3.1, 0.000_967_6),
        ] {
            assert!((cumulative(x) - part).abs() < 2e-7, "{x}");
        }
    }

    #[test]
    fn students_quantiles_are_those_of_the_tables() {
        for (degrees, quantile) in [
            (4, 2.7764),
            (9, 2.2622),
            (10, 2.2281),
            (19, 2.0930),
            (39, 2.0227),
            (1000, 1.9623),
        ] {
            assert!((t_97_5(degrees) - quantile).abs() < 0.001, "{degrees}");
        }
    }
}
