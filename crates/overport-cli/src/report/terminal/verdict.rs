//! What to choose, above all else.

use super::Shown;
use super::sheet::Sheet;
use crate::lang::verdict::say;

pub(super) fn show(shown: &Shown<'_>, sheet: &mut Sheet) {
    let said = say(
        shown.texts,
        &shown.meaning.verdict,
        &shown.names,
        shown.meaning.cost.rounds,
    );
    sheet.paragraph(&said.choice);
    for remark in said.caveats.iter().chain(&said.remarks) {
        sheet.paragraph(remark);
    }
    if !said.changes.is_empty() {
        sheet.paragraph(&format!("{}:", shown.texts.changes_if()));
        for change in &said.changes {
            sheet.item(change);
        }
    }
}
