package merge_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/mozilla-services/looprel/internal/merge"
)

// BenchmarkText merges files of several kinds in which both sides change a
// few lines, as backports do.
func BenchmarkText(b *testing.B) {
	for _, kind := range []struct {
		name string
		line func(number int) string
	}{
		{"different lines", func(number int) string { return fmt.Sprintf("\tcall(parameter%d, %d)", number, number%7) }},
		{"code", codeLine},
		{"frequent lines", func(number int) string { return strings.Repeat("}", number*number%20) }},
	} {
		for _, count := range []int{100, 2000, 50000} {
			b.Run(fmt.Sprintf("%s/%d", kind.name, count), func(b *testing.B) {
				benchmarkMerge(b, count, kind.line)
			})
		}
	}
}

// codeLine makes one line in three one of those that code is full of.
func codeLine(number int) string {
	if number%3 == 0 {
		return []string{"", "}", "\t}", "\t\treturn err"}[number/3%4]
	}
	return fmt.Sprintf("\tvalue%d := compute(%d)", number, number*31)
}

func benchmarkMerge(b *testing.B, count int, line func(int) string) {
	base := make([]string, count)
	for i := range base {
		base[i] = line(i)
	}
	text := func(changes ...int) []byte {
		lines := append([]string{}, base...)
		for _, change := range changes {
			lines[change] += " changed\nadded"
		}
		return []byte(strings.Join(lines, "\n") + "\n")
	}
	baseText := text()
	ours := text(count/10, count/2, count-count/10)
	theirs := text(count/5, count/2+1, count-count/5)
	b.SetBytes(int64(len(baseText)))
	b.ReportAllocs()
	for b.Loop() {
		merge.Text(baseText, ours, theirs, merge.TextOptions{Ours: "ours", Theirs: "theirs"})
	}
}
