//! Reading a report.

use super::{Report, SCHEMA};

/// Reads what `report.json` holds.
///
/// # Errors
///
/// In one line, that it is no report, or one of another version of the format.
pub(crate) fn read(text: &str) -> Result<Report, String> {
    let json: serde_json::Value =
        serde_json::from_str(text).map_err(|error| format!("it is not JSON: {error}"))?;
    let Some(schema) = json.get("schema").and_then(serde_json::Value::as_u64) else {
        return Err("it is no report of overport: it tells no `schema`".into());
    };
    if schema > u64::from(SCHEMA) {
        return Err(format!(
            "it is of a newer overport: its schema is {schema}, and this one reads {SCHEMA}"
        ));
    }
    if schema < u64::from(SCHEMA) {
        return Err(format!(
            "its schema is {schema}, and this overport reads {SCHEMA}"
        ));
    }
    // From the text, so that an error names its line.
    serde_json::from_str(text).map_err(|error| format!("it is no whole report: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample;

    /// With OVERPORT_SAMPLE the sample is left there, for looking at pages.
    #[test]
    fn a_report_is_the_same_after_writing_and_reading() {
        let report = sample::report();
        let text = serde_json::to_string_pretty(&report).expect("a report can be written");
        assert_eq!(read(&text), Ok(report));
        if let Some(path) = std::env::var_os("OVERPORT_SAMPLE") {
            std::fs::write(path, text).expect("the path can be written");
        }
    }

    #[test]
    fn a_report_of_a_version_that_had_no_choice_of_back_end_is_read() {
        let mut older = serde_json::to_value(sample::report()).expect("a report can be written");
        let host = older["host"].as_object_mut().expect("a host is an object");
        host.remove("backend_reason").expect("it is written now");
        let report = read(&older.to_string()).expect("it is a report");
        assert_eq!(report.host.backend_reason, None);
    }

    #[test]
    fn what_is_no_report_is_said_in_one_line() {
        let mut newer = serde_json::to_value(sample::report()).expect("a report can be written");
        newer["schema"] = 2.into();
        newer["runs"] = "otherwise".into();
        let mut less = serde_json::to_value(sample::report()).expect("a report can be written");
        less["runs"][2]["errors"] = (-1).into();
        for (text, part) in [
            ("<html>".to_owned(), "not JSON"),
            ("[1]".to_owned(), "no report"),
            ("{\"runs\": []}".to_owned(), "no report"),
            (newer.to_string(), "newer"),
            ("{\"schema\": 0}".to_owned(), "reads 1"),
            (less.to_string(), "no whole report: invalid value"),
        ] {
            let error = read(&text).expect_err("it is no report");
            assert!(error.contains(part), "{error}");
            assert_eq!(error.lines().count(), 1, "{error}");
        }
    }
}
