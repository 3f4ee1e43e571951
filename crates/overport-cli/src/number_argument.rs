//! Numbers on the command line; an error is one line for the user.

/// Messages a second: no more than any generator sends, and few enough to be counted one by one.
pub(crate) fn rate(text: &str) -> Result<f64, String> {
    positive(text, 1e7)
}

/// A number above 0, and `most` at most.
pub(crate) fn positive(text: &str, most: f64) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(number) if number > 0.0 && number <= most => Ok(number),
        Ok(_) => Err(format!("must be above 0 and at most {most}")),
        Err(_) => Err("expected a number".into()),
    }
}
