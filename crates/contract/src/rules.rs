//! The rules as docs/CONTRACT.md states them: `- **EV3** Sentence.`, one a line.

use std::fmt;

/// A rule's name: the letters of its section and its number there.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct RuleId {
    section: String,
    number: u32,
}

impl RuleId {
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let digits = text.find(|letter: char| !letter.is_ascii_uppercase())?;
        let (section, number) = text.split_at(digits);
        let number = number.parse().ok().filter(|&number| number > 0)?;
        let id = Self {
            section: section.into(),
            number,
        };
        // Only the one spelling: no sign and no leading zero.
        (section.len() == 2 && id.to_string() == text).then_some(id)
    }
}

impl fmt::Display for RuleId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}{}", self.section, self.number)
    }
}

/// The rules in the order in which they are stated. Within a section the numbers rise; gaps
/// are allowed, since a rule that was given up leaves its number unused.
pub(crate) fn parse(contract: &str) -> Result<Vec<RuleId>, String> {
    let mut rules: Vec<RuleId> = Vec::new();
    for line in contract.lines() {
        let Some(rest) = line.strip_prefix("- **") else {
            continue;
        };
        let id = rest
            .split_once("** ")
            .and_then(|(id, _)| RuleId::parse(id))
            .ok_or_else(|| format!("not a rule: {line}"))?;
        let before = rules.iter().rev().find(|rule| rule.section == id.section);
        if before.is_some_and(|before| *before >= id) {
            return Err(format!("{id} does not come after the rules before it"));
        }
        rules.push(id);
    }
    Ok(rules)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_two_letters_and_a_number() {
        assert_eq!(RuleId::parse("EV12").unwrap().to_string(), "EV12");
        for wrong in [
            "", "EV", "12", "EV0", "EV01", "EV+1", "ev1", "EVE1", "E1", "EV1 ",
        ] {
            assert_eq!(RuleId::parse(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn rules_are_read_in_order_and_may_leave_gaps() {
        let rules = parse("# Title\n- **SK1** One.\n- **SK3** Three.\n- **SE1** One.\n").unwrap();
        let names: Vec<String> = rules.iter().map(ToString::to_string).collect();
        assert_eq!(names, ["SK1", "SK3", "SE1"]);
    }

    #[test]
    fn a_number_that_does_not_rise_is_an_error() {
        assert!(parse("- **SK2** Two.\n- **SK1** One.\n").is_err());
        assert!(parse("- **SK2** Two.\n- **SK2** Two again.\n").is_err());
        assert!(parse("- **Note** Not a rule.\n").is_err());
    }
}
