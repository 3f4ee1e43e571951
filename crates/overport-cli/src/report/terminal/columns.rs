//! Tables of figures that fit a width: columns are packed into as few tables as it permits.

use comfy_table::{Cell, CellAlignment, ColumnConstraint, Table, Width};

use super::sheet::plain_table;

/// Columns for a text at most, where there are not enough for all of it: for what a row is
/// called, and for a text beside its figures.
const NAME_WIDTH: u16 = 28;
const TEXT_WIDTH: u16 = 20;

/// Columns between two columns.
const GAP: u16 = 2;

/// A column of a table.
#[derive(Clone, Debug)]
pub(super) struct Column {
    /// Lines of its head.
    head: String,
    /// One a row.
    cells: Vec<String>,
    side: Side,
}

/// Where the text of a column stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Side {
    Left,
    Right,
}

impl Column {
    /// For figures.
    pub(super) fn right(head: impl Into<String>, cells: Vec<String>) -> Self {
        Self {
            head: head.into(),
            cells,
            side: Side::Right,
        }
    }

    /// For texts, which are broken where there is no room for them.
    pub(super) fn left(head: impl Into<String>, cells: Vec<String>) -> Self {
        Self {
            side: Side::Left,
            ..Self::right(head, cells)
        }
    }

    /// For names, which are cut where they are too long for a column.
    pub(super) fn names(head: impl Into<String>, cells: Vec<String>) -> Self {
        Self::left(head, cells.iter().map(|name| shortened(name)).collect())
    }

    /// With another head.
    pub(super) fn headed(self, head: String) -> Self {
        Self { head, ..self }
    }

    pub(super) fn cells(&self) -> &[String] {
        &self.cells
    }

    /// Columns that it takes without the gap before it.
    fn width(&self) -> u16 {
        width(std::iter::once(&self.head).chain(&self.cells))
    }

    fn cell(&self, text: &str) -> Cell {
        Cell::new(text).set_alignment(match self.side {
            Side::Left => CellAlignment::Left,
            Side::Right => CellAlignment::Right,
        })
    }
}

/// Columns that the widest of `texts` takes.
fn width<'a>(texts: impl Iterator<Item = &'a String>) -> u16 {
    let mut table = plain_table();
    table.add_rows(texts.map(|text| [text]));
    table
        .column_max_content_widths()
        .first()
        .map_or(0, |&width| width)
}

/// As much of `name` as a column has room for, with an ellipsis in place of the rest.
fn shortened(name: &str) -> String {
    let mut shown = name.to_owned();
    let mut kept = name.to_owned();
    while width(std::iter::once(&shown)) > NAME_WIDTH && kept.pop().is_some() {
        shown = format!("{}…", kept.trim_end());
    }
    shown
}

/// The groups in as few tables as `width` permits, each with `first` at its left. A group is
/// broken only if it is too wide for a table of its own.
pub(super) fn tables(first: &Column, groups: Vec<Vec<Column>>, width: usize) -> Vec<String> {
    let fits = |columns: &[Column]| least_width(first, columns) <= width;
    let mut packed: Vec<Vec<Column>> = Vec::new();
    let mut columns: Vec<Column> = Vec::new();
    for group in groups {
        let together: Vec<Column> = columns.iter().chain(&group).cloned().collect();
        if fits(&together) {
            columns = together;
            continue;
        }
        packed.push(std::mem::take(&mut columns));
        for column in group {
            columns.push(column);
            if columns.len() > 1 && !fits(&columns) {
                let last = columns.pop();
                packed.push(std::mem::replace(&mut columns, last.into_iter().collect()));
            }
        }
    }
    packed.push(columns);
    packed
        .iter()
        .filter(|columns| !columns.is_empty())
        .map(|columns| table(first, columns, width).trim_fmt())
        .collect()
}

/// Columns that a table takes when its texts are broken.
fn least_width(first: &Column, columns: &[Column]) -> usize {
    let name = first.width().min(NAME_WIDTH);
    let others = columns.iter().map(|column| match column.side {
        Side::Left => GAP + column.width().min(TEXT_WIDTH),
        Side::Right => GAP + column.width(),
    });
    others.map(usize::from).sum::<usize>() + usize::from(name)
}

fn table(first: &Column, columns: &[Column], width: usize) -> Table {
    let all: Vec<&Column> = std::iter::once(first).chain(columns).collect();
    let mut table = plain_table();
    table.set_width(u16::try_from(width).unwrap_or(u16::MAX));
    let lines = all.iter().map(|column| column.head.lines().count());
    let lines = lines.max().unwrap_or_default();
    table.set_header(all.iter().map(|column| {
        // A short head stands right above its column.
        let above = "\n".repeat(lines - column.head.lines().count());
        column.cell(&format!("{above}{}", column.head))
    }));
    for row in 0..first.cells.len() {
        table.add_row(all.iter().map(|column| column.cell(&column.cells[row])));
    }
    let whole: usize = all
        .iter()
        .map(|column| usize::from(column.width() + GAP))
        .sum();
    let broken = whole > width + usize::from(GAP);
    for (index, column) in table.column_iter_mut().enumerate() {
        column.set_padding(if index == 0 { (0, 0) } else { (GAP, 0) });
        column.set_constraint(match (index, all[index].side) {
            (0, _) if broken => upper_bound(NAME_WIDTH),
            (_, Side::Left) if broken => upper_bound(GAP + TEXT_WIDTH),
            _ => ColumnConstraint::ContentWidth,
        });
    }
    table
}

fn upper_bound(width: u16) -> ColumnConstraint {
    ColumnConstraint::UpperBoundary(Width::Fixed(width))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn column(head: &str, cell: &str) -> Column {
        Column::right(head, vec![cell.into()])
    }

    #[test]
    fn wide_letters_count_twice() {
        let names = Column::left("서버", vec!["셀렉트".into(), "ab".into()]);
        let figures = Column::right("값", vec!["1".into(), "20".into()]);
        assert_eq!(
            tables(&names, vec![vec![figures]], 40),
            ["서버    값\n셀렉트   1\nab      20"]
        );
    }

    #[test]
    fn a_long_name_is_cut_to_its_column() {
        let long = "a-name-".repeat(40);
        let wide = "이름이 매우 긴 서버입니다".repeat(20);
        let names = Column::names("", vec![long, wide, "select".into()]);
        for name in &names.cells[..2] {
            assert!(name.ends_with('…'), "{name}");
        }
        assert!((NAME_WIDTH - 1..=NAME_WIDTH).contains(&names.width()));
        assert_eq!(names.cells[2], "select");
    }

    #[test]
    fn groups_share_a_table_where_they_fit() {
        let first = Column::left("server", vec!["select".into()]);
        let groups = vec![
            vec![column("aaaaaaaaaa", "1"), column("bbbbbbbbbb", "2")],
            vec![column("cccccccccc", "3")],
        ];
        let expected = [
            "server  aaaaaaaaaa  bbbbbbbbbb\nselect           1           2",
            "server  cccccccccc\nselect           3",
        ];
        assert_eq!(tables(&first, groups.clone(), 40), expected);
        assert_eq!(tables(&first, groups, 60).len(), 1);
    }

    #[test]
    fn a_group_that_is_too_wide_is_broken() {
        let first = Column::left("server", vec!["select".into()]);
        let group = (0..5).map(|_| column("aaaaaaaaaa", "1")).collect();
        let tables = tables(&first, vec![group], 40);
        assert_eq!(tables.len(), 3, "{tables:?}");
        let mut lines = tables.iter().flat_map(|table| table.lines());
        assert!(lines.all(|line| line.len() <= 40), "{tables:?}");
    }

    #[test]
    fn a_text_is_broken_where_it_has_no_room() {
        let first = Column::left("server", vec!["select".into()]);
        let text = Column::left("rests on", vec!["an engine thread over epoll".into()]);
        let narrow = tables(&first, vec![vec![text.clone()]], 30);
        assert_eq!(
            narrow,
            ["server  rests on\nselect  an engine thread\n        over epoll"]
        );
        let wide = tables(&first, vec![vec![text]], 40);
        assert_eq!(
            wide,
            ["server  rests on\nselect  an engine thread over epoll"]
        );
    }
}
