package terminal_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/mozilla-services/looprel/internal/terminal"
)

func TestDisplayWidth(t *testing.T) {
	t.Parallel()
	tests := map[string]int{
		"":              0,
		"release":       7,
		"修正":            4,
		"cafe\u0301":    4,
		"🚀 up":          5,
		"\u2764\ufe0f":  2, // an emoji by its selector
		"🇩🇪":            2, // two letters, one flag
		"half ﾊﾝ":       7,
		"Ελλάδα 0.10.0": 13,
	}
	for text, want := range tests {
		if got := terminal.DisplayWidth(text); got != want {
			t.Errorf("DisplayWidth(%q) = %d, want %d", text, got, want)
		}
	}
}

func TestTruncate(t *testing.T) {
	t.Parallel()
	tests := []struct {
		text  string
		width int
		want  string
	}{
		{"loop-server", 11, "loop-server"},
		{"loop-server", 10, "loop-serv…"},
		{"loop server", 6, "loop…"},
		{"修正内容", 8, "修正内容"},
		{"修正内容", 6, "修正…"},
		{"修正内容", 4, "修…"},
		{"cafe\u0301s", 5, "cafe\u0301s"},
		{"e\u0301e\u0301e\u0301", 2, "e\u0301…"},
		{"🚀🚀", 3, "🚀…"},
		{"any", 1, "…"},
		{"any", 0, ""},
		{"any", -1, ""},
	}
	for _, test := range tests {
		got := terminal.Truncate(test.text, test.width)
		if got != test.want {
			t.Errorf("Truncate(%q, %d) = %q, want %q", test.text, test.width, got, test.want)
		}
		if width := terminal.DisplayWidth(got); width > max(0, test.width) {
			t.Errorf("Truncate(%q, %d) is %d columns wide", test.text, test.width, width)
		}
	}
}

func TestWrap(t *testing.T) {
	t.Parallel()
	tests := []struct {
		text  string
		width int
		want  []string
	}{
		{"", 5, []string{""}},
		{"one two three", 7, []string{"one two", "three"}},
		{"one two three", 0, []string{"one two three"}},
		{"abcdefghij k", 4, []string{"abcd", "efgh", "ij k"}},
		{"修正内容 ok", 5, []string{"修正", "内容", "ok"}},
		{"修", 1, []string{"修"}},
		{"修正", 1, []string{"修", "正"}},
	}
	for _, test := range tests {
		if diff := cmp.Diff(test.want, terminal.Wrap(test.text, test.width)); diff != "" {
			t.Errorf("Wrap(%q, %d) (-want +got)\n%s", test.text, test.width, diff)
		}
	}
}

func gates() *terminal.Table {
	table := terminal.NewTable(
		terminal.Column{Header: "GATE", Fit: terminal.FitTruncate},
		terminal.Column{Header: "DAYS", Align: terminal.AlignRight},
		terminal.Column{Header: "OPEN"},
		terminal.Column{Header: "REASON", Fit: terminal.FitWrap},
	)
	table.Row(terminal.Text("order"), terminal.Text("3"), terminal.Styled(terminal.Green, "yes"),
		terminal.Text("0.10.0 has been on load-stage since Tuesday"))
	table.Row(terminal.Text("push window"), terminal.Text("12"), terminal.Styled(terminal.Red|terminal.Bold, "no"),
		terminal.Text("the push day is Monday 2014-08-11\nfrom 10:00 to 17:00"))
	table.Row(terminal.Text("修正 \x1b[31mevil"))
	return table
}

func TestTable(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		width  int
		colour bool
		want   []string
	}{
		"without a terminal nothing is cut": {0, false, []string{
			"GATE         DAYS  OPEN  REASON",
			"order           3  yes   0.10.0 has been on load-stage since Tuesday",
			"push window    12  no    the push day is Monday 2014-08-11 from 10:00 to 17:00",
			"修正 evil",
		}},
		"wide enough": {200, false, []string{
			"GATE         DAYS  OPEN  REASON",
			"order           3  yes   0.10.0 has been on load-stage since Tuesday",
			"push window    12  no    the push day is Monday 2014-08-11 from 10:00 to 17:00",
			"修正 evil",
		}},
		"wrapped": {60, false, []string{
			"GATE         DAYS  OPEN  REASON",
			"order           3  yes   0.10.0 has been on load-stage since",
			"                         Tuesday",
			"push window    12  no    the push day is Monday 2014-08-11",
			"                         from 10:00 to 17:00",
			"修正 evil",
		}},
		"truncated and wrapped": {32, false, []string{
			"GATE       DAYS  OPEN  REASON",
			"order         3  yes   0.10.0",
			"                       has been",
			"                       on",
			"                       load-stag",
			"                       e since",
			"                       Tuesday",
			"push win…    12  no    the push",
			"                       day is",
			"                       Monday",
			"                       2014-08-1",
			"                       1 from",
			"                       10:00 to",
			"                       17:00",
			"修正 evil",
		}},
		"colour does not count": {200, true, []string{
			"\x1b[1mGATE\x1b[0m         \x1b[1mDAYS\x1b[0m  \x1b[1mOPEN\x1b[0m  \x1b[1mREASON\x1b[0m",
			"order           3  \x1b[32myes\x1b[0m   0.10.0 has been on load-stage since Tuesday",
			"push window    12  \x1b[1;31mno\x1b[0m    the push day is Monday 2014-08-11 from 10:00 to 17:00",
			"修正 evil",
		}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			streams, _, out, _ := terminal.Test()
			streams.Width, streams.Colour = test.width, test.colour
			if err := streams.Print(gates()); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(strings.Join(test.want, "\n")+"\n", out.String()); diff != "" {
				t.Errorf("table (-want +got)\n%s", diff)
			}
		})
	}
}

func TestTableFitsEveryWidthItCan(t *testing.T) {
	t.Parallel()
	for width := 32; width <= 90; width++ {
		var out strings.Builder
		if err := gates().Write(&out, width, false); err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(out.String()) {
			line = strings.TrimSuffix(line, "\n")
			if got := terminal.DisplayWidth(line); got > width {
				t.Errorf("width %d: %q has %d columns", width, line, got)
			}
			if strings.HasSuffix(line, " ") {
				t.Errorf("width %d: %q ends in a space", width, line)
			}
		}
	}
}

// What belongs to the line above stands in, however narrow the table is.
func TestTableIndents(t *testing.T) {
	t.Parallel()
	for width, want := range map[int]string{
		0:  "stage          a set\n  loop-server  0.10.0\n",
		16: "stage     a set\n  loop-…  0.10.0\n",
	} {
		table := terminal.NewTable(terminal.Column{Fit: terminal.FitTruncate}, terminal.Column{})
		table.Row(terminal.Text("stage"), terminal.Text("a set"))
		table.Row(terminal.Indented("loop-server"), terminal.Text("0.10.0"))
		streams, _, out, _ := terminal.Test()
		streams.Width = width
		if err := streams.Print(table); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, out.String()); diff != "" {
			t.Errorf("at %d columns (-want +got)\n%s", width, diff)
		}
	}
}

func TestTableWithoutHeader(t *testing.T) {
	t.Parallel()
	table := terminal.NewTable(terminal.Column{}, terminal.Column{})
	table.Row(terminal.Text("tag"), terminal.Text("0.10.0"))
	var out strings.Builder
	if err := table.Write(&out, 0, false); err != nil {
		t.Fatal(err)
	}
	if got, want := out.String(), "tag  0.10.0\n"; got != want {
		t.Errorf("table = %q, want %q", got, want)
	}
}

func TestStyle(t *testing.T) {
	t.Parallel()
	streams, _, _, _ := terminal.Test()
	if got := streams.Paint(terminal.Red, "late"); got != "late" {
		t.Errorf("without colour: %q", got)
	}
	streams.Colour, streams.ErrColour = true, false
	if got, want := streams.Paint(terminal.Red|terminal.Faint, "late"), "\x1b[2;31mlate\x1b[0m"; got != want {
		t.Errorf("with colour: %q, want %q", got, want)
	}
	if got := streams.PaintErr(terminal.Cyan, "late"); got != "late" {
		t.Errorf("on the other stream: %q", got)
	}
	if got := streams.Paint(terminal.Red, "") + streams.Paint(0, "plain"); got != "plain" {
		t.Errorf("nothing to style: %q", got)
	}
}

func ExampleTable() {
	table := terminal.NewTable(
		terminal.Column{Header: "ENVIRONMENT"},
		terminal.Column{Header: "RUNS"},
		terminal.Column{Header: "NOTE", Fit: terminal.FitWrap},
	)
	table.Row(terminal.Text("load-stage"), terminal.Text("0.10.0"))
	table.Row(terminal.Text("production"), terminal.Text("0.9.0"), terminal.Text("0.10.0 waits for Monday"))
	var out strings.Builder
	if err := table.Write(&out, 0, false); err != nil {
		fmt.Println(err)
	}
	fmt.Print(out.String())
	// Output:
	// ENVIRONMENT  RUNS    NOTE
	// load-stage   0.10.0
	// production   0.9.0   0.10.0 waits for Monday
}
