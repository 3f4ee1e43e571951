//! The form of `report.json`, as a JSON schema.

use schemars::generate::SchemaSettings;

use super::data::Report;

/// The schema of a report as it is written: every field is there, and null where it has no figure.
pub(crate) fn schema() -> serde_json::Value {
    SchemaSettings::draft2020_12()
        .for_serialize()
        .into_generator()
        .into_root_schema_for::<Report>()
        .to_value()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::data::{Figure, Problem, Reason};
    use crate::report::sample;

    #[test]
    fn a_report_is_valid() {
        let validator = jsonschema::validator_for(&schema()).expect("the schema is one");
        let mut report = sample::report();
        report.runs[1].unavailable.insert(
            Figure::Idle,
            Reason::Failed {
                problem: Problem::Hung {
                    after_s: 5.0,
                    text: "no answer".into(),
                },
            },
        );
        let json = serde_json::to_value(report).expect("a report can be written");
        let errors: Vec<String> = validator
            .iter_errors(&json)
            .map(|error| format!("{}: {error}", error.instance_path()))
            .collect();
        assert_eq!(errors, [""; 0]);
    }

    #[test]
    fn a_report_that_lacks_a_field_or_has_another_version_is_not_valid() {
        let validator = jsonschema::validator_for(&schema()).expect("the schema is one");
        let whole = serde_json::to_value(sample::report()).expect("a report can be written");
        let mut without_rounds = whole.clone();
        without_rounds["runs"][0]
            .as_object_mut()
            .expect("a run is an object")
            .remove("rounds");
        let mut newer = whole.clone();
        newer["schema"] = 2.into();
        let mut unknown_reason = whole;
        unknown_reason["runs"][0]["unavailable"]["stall"]["kind"] = "no_such".into();
        for json in [without_rounds, newer, unknown_reason] {
            assert!(!validator.is_valid(&json));
        }
    }

    /// `overport report --schema > docs/report.schema.json` writes it anew.
    #[test]
    fn the_schema_of_the_documentation_is_this_one() {
        let written: serde_json::Value =
            serde_json::from_str(include_str!("../../../../docs/report.schema.json"))
                .expect("it is JSON");
        assert!(
            written == schema(),
            "docs/report.schema.json is of another version"
        );
    }
}
