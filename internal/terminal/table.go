package terminal

import (
	"io"
	"strings"
)

// Align is where a column's text stands.
type Align uint8

// The alignments.
const (
	AlignLeft Align = iota
	AlignRight
)

// Fit says what happens to a column when the table is wider than the terminal.
type Fit uint8

// The ways to fit.
const (
	FitFixed    Fit = iota // the column keeps its width
	FitTruncate            // its texts are cut, marked by "…"
	FitWrap                // its texts go on in further lines
)

// Column describes a column of a table.
type Column struct {
	Header string
	Align  Align
	Fit    Fit
}

// Cell is one text of a table.
type Cell struct {
	Text  string
	Style Style
	// Indent is how many columns the text stands in.
	Indent int
}

// Text is a cell without style.
func Text(text string) Cell { return Cell{Text: text} }

// Indented is a cell below another one that it belongs to.
func Indented(text string) Cell { return Cell{Text: text, Indent: 2} }

// Styled is a cell in a style, which colours the text alone; the text must say
// by itself what the colour says.
func Styled(style Style, text string) Cell { return Cell{Text: text, Style: style} }

// Table is rows under a header. Texts are made safe to show when they are added.
type Table struct {
	columns []Column
	rows    [][]Cell
}

const (
	// columnGap parts the columns.
	columnGap = "  "
	// narrowest is the least width that a column is shrunk to.
	narrowest = 8
)

// NewTable makes a table without rows. It has no header line when no column has
// a header.
func NewTable(columns ...Column) *Table { return &Table{columns: columns} }

// Row adds a row. Cells that are missing at its end are empty; there must not be
// more cells than columns.
func (t *Table) Row(cells ...Cell) {
	row := make([]Cell, len(t.columns))
	for at, cell := range cells {
		row[at] = Cell{Text: strings.Repeat(" ", cell.Indent) + strings.TrimSpace(Sanitize(cell.Text)), Style: cell.Style}
	}
	t.rows = append(t.rows, row)
}

// Write writes the table. With a width above 0 the columns that may be shrunk
// are, so that the lines fit if they can; without one nothing is cut, so that a
// program that reads the output gets everything. Lines end without spaces.
func (t *Table) Write(w io.Writer, width int, colour bool) error {
	rows := t.rows
	if header, has := t.header(); has {
		rows = append([][]Cell{header}, rows...)
	}
	widths := t.naturalWidths()
	if width > 0 {
		t.shrink(widths, width)
	}
	var text strings.Builder
	for _, row := range rows {
		t.writeRow(&text, row, widths, colour)
	}
	_, err := io.WriteString(w, text.String())
	return err
}

func (t *Table) header() (row []Cell, has bool) {
	for _, column := range t.columns {
		row = append(row, Styled(Bold, column.Header))
		has = has || column.Header != ""
	}
	return row, has
}

func (t *Table) naturalWidths() []int {
	widths := make([]int, len(t.columns))
	for at, column := range t.columns {
		widths[at] = DisplayWidth(column.Header)
		for _, row := range t.rows {
			widths[at] = max(widths[at], DisplayWidth(row[at].Text))
		}
	}
	return widths
}

// shrink takes columns from the widest that may give some, one by one, until the
// table fits or nothing is left to take.
func (t *Table) shrink(widths []int, limit int) {
	excess := len(columnGap)*(len(widths)-1) - limit
	for _, width := range widths {
		excess += width
	}
	for ; excess > 0; excess-- {
		widest := -1
		for at, column := range t.columns {
			least := max(narrowest, DisplayWidth(column.Header))
			if column.Fit != FitFixed && widths[at] > least && (widest < 0 || widths[at] > widths[widest]) {
				widest = at
			}
		}
		if widest < 0 {
			return
		}
		widths[widest]--
	}
}

func (t *Table) writeRow(to *strings.Builder, row []Cell, widths []int, colour bool) {
	cells := make([][]string, len(row))
	height := 1
	for at, cell := range row {
		cells[at] = fit(cell.Text, t.columns[at].Fit, widths[at])
		height = max(height, len(cells[at]))
	}
	for line := range height {
		t.writeLine(to, row, cells, line, widths, colour)
	}
}

func fit(text string, how Fit, width int) []string {
	switch how {
	case FitTruncate:
		return []string{Truncate(text, width)}
	case FitWrap:
		return Wrap(text, width)
	default:
		return []string{text}
	}
}

// writeLine writes one line of a row. Spaces are held back until a text follows
// them, so that none end the line.
func (t *Table) writeLine(to *strings.Builder, row []Cell, cells [][]string, line int, widths []int, colour bool) {
	spaces := 0
	for at := range cells {
		text := ""
		if line < len(cells[at]) {
			text = cells[at][line]
		}
		padding := max(0, widths[at]-DisplayWidth(text))
		if text == "" {
			spaces += padding + len(columnGap)
			continue
		}
		if t.columns[at].Align == AlignRight {
			spaces, padding = spaces+padding, 0
		}
		to.WriteString(strings.Repeat(" ", spaces))
		to.WriteString(row[at].Style.Render(text, colour))
		spaces = padding + len(columnGap)
	}
	to.WriteByte('\n')
}
