//! The style sheet's colours: enough contrast, and told apart by those who see them differently.

use std::collections::BTreeMap;

use crate::report::page::document::STYLE;

type Rgb = [f64; 3];
type Matrix = [[f64; 3]; 3];

/// What is seen without one kind of cones, by Machado, Oliveira and Fernandes (2009), on linear
/// light.
const SIGHTS: [(&str, Matrix); 4] = [
    ("full", [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]]),
    (
        "protanopia",
        [
            [0.152_286, 1.052_583, -0.204_868],
            [0.114_503, 0.786_281, 0.099_216],
            [-0.003_882, -0.048_116, 1.051_998],
        ],
    ),
    (
        "deuteranopia",
        [
            [0.367_322, 0.860_646, -0.227_968],
            [0.280_085, 0.672_501, 0.047_413],
            [-0.011_820, 0.042_940, 0.968_881],
        ],
    ),
    (
        "tritanopia",
        [
            [1.255_528, -0.076_749, -0.178_779],
            [-0.078_411, 0.930_809, 0.147_602],
            [0.004_733, 0.691_367, 0.303_900],
        ],
    ),
];

/// A distance in CIE L*a*b* at which two colours of a chart are well told apart; 2.3 is just seen.
const LEAST_DISTANCE: f64 = 15.0;

/// The colours of the light theme, the dark one and the printed page.
fn themes() -> Vec<BTreeMap<&'static str, Rgb>> {
    STYLE
        .split(":root {")
        .skip(1)
        .map(|block| {
            let block = block.split('}').next().unwrap();
            block.split(';').filter_map(colour).collect()
        })
        .collect()
}

/// Of `--name: #rrggbb`, linear.
fn colour(declaration: &'static str) -> Option<(&'static str, Rgb)> {
    let (name, value) = declaration.trim().strip_prefix("--")?.split_once(": #")?;
    let channel = |from: usize| {
        let part = f64::from(u8::from_str_radix(&value[from..from + 2], 16).unwrap()) / 255.0;
        if part <= 0.04045 {
            part / 12.92
        } else {
            ((part + 0.055) / 1.055).powf(2.4)
        }
    };
    Some((name, [channel(0), channel(2), channel(4)]))
}

/// By WCAG 2.
fn contrast(one: Rgb, other: Rgb) -> f64 {
    let luminance = |[red, green, blue]: Rgb| 0.2126 * red + 0.7152 * green + 0.0722 * blue + 0.05;
    let (one, other) = (luminance(one), luminance(other));
    one.max(other) / one.min(other)
}

fn seen(colour: Rgb, sight: &Matrix) -> Rgb {
    sight.map(|row| {
        let sum: f64 = row
            .iter()
            .zip(colour)
            .map(|(factor, part)| factor * part)
            .sum();
        sum.clamp(0.0, 1.0)
    })
}

fn lab([red, green, blue]: Rgb) -> [f64; 3] {
    let f = |value: f64| {
        if value > 0.008_856 {
            value.cbrt()
        } else {
            7.787 * value + 16.0 / 116.0
        }
    };
    let x = f((0.4124 * red + 0.3576 * green + 0.1805 * blue) / 0.950_47);
    let y = f(0.2126 * red + 0.7152 * green + 0.0722 * blue);
    let z = f((0.0193 * red + 0.1192 * green + 0.9505 * blue) / 1.088_83);
    [116.0 * y - 16.0, 500.0 * (x - y), 200.0 * (y - z)]
}

fn distance(one: Rgb, other: Rgb) -> f64 {
    let squares = lab(one)
        .into_iter()
        .zip(lab(other))
        .map(|(a, b)| (a - b).powi(2));
    squares.sum::<f64>().sqrt()
}

#[test]
fn there_are_three_themes_with_the_same_colours() {
    let themes = themes();
    assert_eq!(themes.len(), 3);
    for theme in &themes {
        assert_eq!(
            theme.keys().collect::<Vec<_>>(),
            themes[0].keys().collect::<Vec<_>>()
        );
    }
}

#[test]
fn texts_and_series_stand_out_from_the_paper() {
    for theme in themes() {
        for (name, least) in [
            ("ink", 7.0),
            ("soft", 4.5),
            ("alarm", 4.5),
            ("rule", 3.0),
            // Also the colours of links and of findings.
            ("c0", 4.5),
            ("c2", 4.5),
            ("c1", 3.0),
            ("c3", 3.0),
            ("c4", 3.0),
        ] {
            for ground in ["paper", "wash"] {
                let contrast = contrast(theme[name], theme[ground]);
                assert!(contrast >= least, "{name} on {ground}: {contrast:.2}");
            }
        }
    }
}

#[test]
fn series_are_told_apart_by_those_who_see_colours_differently() {
    for theme in themes() {
        for (sight, matrix) in &SIGHTS {
            for one in 0..5 {
                for other in one + 1..5 {
                    let [a, b] = [one, other].map(|index| {
                        let name = format!("c{index}");
                        seen(theme[name.as_str()], matrix)
                    });
                    let distance = distance(a, b);
                    assert!(
                        distance >= LEAST_DISTANCE,
                        "c{one} and c{other} with {sight}: {distance:.1}"
                    );
                }
            }
        }
    }
}
