//! Text that fits a terminal: paragraphs, lists and tables, measured in columns, of which a
//! Korean letter takes two.

use comfy_table::{ColumnConstraint, ContentArrangement, Table, presets};

use super::columns::{Column, tables};
use crate::lang::number::{TIE, tied};

/// Narrower than this no table of figures is of use; the terminal breaks the lines.
const LEAST_WIDTH: usize = 40;

/// A text that grows downwards.
#[derive(Debug)]
pub(super) struct Sheet {
    text: String,
    width: usize,
}

impl Sheet {
    /// An empty one, of so many columns.
    pub(super) fn new(width: usize) -> Self {
        Self {
            text: String::new(),
            width: width.clamp(LEAST_WIDTH, usize::from(u16::MAX)),
        }
    }

    /// Columns of a line.
    pub(super) fn width(&self) -> usize {
        self.width
    }

    /// What was written, without anything that would move the cursor or colour the text: names
    /// and messages come from elsewhere.
    pub(super) fn into_text(self) -> String {
        self.text
            .trim_end()
            .chars()
            .map(|letter| match letter {
                '\n' => '\n',
                TIE => ' ',
                letter if letter.is_control() => ' ',
                letter => letter,
            })
            .collect()
    }

    /// An empty line, unless it is the first.
    pub(super) fn gap(&mut self) {
        if !self.text.is_empty() {
            self.text.push('\n');
        }
    }

    /// A title above what follows, after a gap.
    pub(super) fn title(&mut self, title: &str) {
        self.gap();
        self.paragraph(title);
    }

    /// Sentences, broken at spaces.
    pub(super) fn paragraph(&mut self, text: &str) {
        let mut table = plain_table();
        table.set_width(self.width_u16()).add_row([tied(text)]);
        if let Some(column) = table.column_mut(0) {
            column.set_padding((0, 0));
        }
        self.line(&table.trim_fmt());
    }

    /// An item of a list.
    pub(super) fn item(&mut self, text: &str) {
        self.marked("  - ", text);
    }

    /// A line below a table that explains a mark or adds to it.
    pub(super) fn note(&mut self, text: &str) {
        self.marked("  ", text);
    }

    /// Lines as they are, each of which a shell must be able to read.
    pub(super) fn verbatim(&mut self, lines: &[String]) {
        for line in lines {
            self.line(line);
        }
    }

    /// Names on the left and what there is to say of each, broken beside it.
    pub(super) fn rows(&mut self, rows: &[(String, String)]) {
        let mut table = plain_table();
        table.set_width(self.width_u16());
        for (name, text) in rows {
            table.add_row([name, &tied(text)]);
        }
        self.hanging(table, (2, 2));
    }

    /// The groups of columns in as few tables as the width permits, each with `first` at its
    /// left.
    pub(super) fn tables(&mut self, first: &Column, groups: Vec<Vec<Column>>) {
        for (index, table) in tables(first, groups, self.width).iter().enumerate() {
            if index > 0 {
                self.gap();
            }
            self.line(table);
        }
    }

    fn marked(&mut self, mark: &str, text: &str) {
        let mut table = plain_table();
        table
            .set_width(self.width_u16())
            .add_row([mark, &tied(text)]);
        self.hanging(table, (0, 0));
    }

    /// A table of two columns, of which the second takes what the first leaves.
    fn hanging(&mut self, mut table: Table, padding: (u16, u16)) {
        for column in table.column_iter_mut() {
            column.set_padding((0, 0));
        }
        if let Some(first) = table.column_mut(0) {
            first
                .set_padding(padding)
                .set_constraint(ColumnConstraint::ContentWidth);
        }
        self.line(&table.trim_fmt());
    }

    fn line(&mut self, text: &str) {
        self.text.push_str(text);
        self.text.push('\n');
    }

    fn width_u16(&self) -> u16 {
        // `new` clamps it.
        u16::try_from(self.width).unwrap_or(u16::MAX)
    }
}

/// A table without lines or colours.
pub(super) fn plain_table() -> Table {
    let mut table = Table::new();
    table
        .load_preset(presets::NOTHING)
        .set_content_arrangement(ContentArrangement::Dynamic);
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_paragraph_is_broken_at_spaces_and_an_item_hangs() {
        let mut sheet = Sheet::new(40);
        sheet.paragraph("one two three four five six seven eight nine ten");
        sheet.item("one two three four five six seven eight nine ten");
        let expected = "\
one two three four five six seven eight
nine ten
  - one two three four five six seven
    eight nine ten";
        assert_eq!(sheet.into_text(), expected);
    }

    #[test]
    fn a_number_stays_with_its_unit() {
        let mut sheet = Sheet::new(40);
        sheet.paragraph("The p99 of the chosen server is now 128 µs.");
        sheet.paragraph("선택한 서버는 이 조건에서 메모리를 8 KiB만 씁니다.");
        let expected = "\
The p99 of the chosen server is now
128 µs.
선택한 서버는 이 조건에서 메모리를
8 KiB만 씁니다.";
        assert_eq!(sheet.into_text(), expected);
    }

    #[test]
    fn what_would_move_the_cursor_does_not_come_through() {
        let mut sheet = Sheet::new(40);
        sheet.paragraph("red \u{1b}[31m\r");
        assert_eq!(sheet.into_text(), "red  [31m");
    }
}
