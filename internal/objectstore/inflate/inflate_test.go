package inflate_test

import (
	"bytes"
	"compress/zlib"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/mozilla-services/looprel/internal/objectstore/inflate"
)

// contents are texts of many shapes: repetitive, random, skewed, tiny, long.
func contents() [][]byte {
	random := rand.New(rand.NewPCG(1, 2))
	noise := make([]byte, 100_000)
	for i := range noise {
		noise[i] = byte(random.Uint32())
	}
	skewed := make([]byte, 200_000)
	for i := range skewed {
		// Codes of all lengths: each value half as likely as the one before.
		value := 0
		for value < 255 && random.IntN(2) == 0 {
			value++
		}
		skewed[i] = byte(value)
	}
	words := strings.Fields("commit tree parent author committer the of and release loop server")
	var prose bytes.Buffer
	for prose.Len() < 300_000 {
		prose.WriteString(words[random.IntN(len(words))] + fmt.Sprint(random.IntN(100)) + " ")
	}
	return [][]byte{
		{}, {0}, []byte("hello\n"), bytes.Repeat([]byte("a"), 100_000), bytes.Repeat([]byte("abc"), 50_000),
		noise, skewed, prose.Bytes(), bytes.Repeat(noise[:40_000], 3),
	}
}

func compress(t testing.TB, content []byte, level int) []byte {
	t.Helper()
	var buffer bytes.Buffer
	writer, err := zlib.NewWriterLevel(&buffer, level)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := writer.Write(content); err != nil {
		t.Fatal(err)
	}
	if err := writer.Close(); err != nil {
		t.Fatal(err)
	}
	return buffer.Bytes()
}

func TestWhole(t *testing.T) {
	t.Parallel()
	for i, content := range contents() {
		for _, level := range []int{0, 1, 6, 9, zlib.HuffmanOnly} {
			stream := compress(t, content, level)
			for _, after := range []int{0, 1, 20} {
				dst := make([]byte, len(content))
				consumed, err := inflate.Whole(dst, append(bytes.Clone(stream), make([]byte, after)...))
				if err != nil || consumed != len(stream) || !bytes.Equal(dst, content) {
					t.Errorf("content %d, level %d: consumed %d of %d, %v", i, level, consumed, len(stream), err)
				}
			}
			if _, err := inflate.Whole(make([]byte, len(content)+1), stream); !errors.Is(err, inflate.ErrLength) {
				t.Errorf("content %d, level %d, too large an output: %v", i, level, err)
			}
			if len(content) > 0 {
				if _, err := inflate.Whole(make([]byte, len(content)-1), stream); !errors.Is(err, inflate.ErrLength) {
					t.Errorf("content %d, level %d, too small an output: %v", i, level, err)
				}
			}
			for _, size := range []int{0, 1, 7, 64, 1000, len(content) + 10} {
				dst := make([]byte, size)
				written, err := inflate.Prefix(dst, stream)
				if err != nil || !bytes.Equal(dst[:written], content[:min(size, len(content))]) {
					t.Errorf("content %d, level %d: a prefix of %d has %d bytes, %v", i, level, size, written, err)
				}
			}
		}
	}
}

// A stream that is cut anywhere is reported as cut, and one with a changed bit
// never gives wrong content.
func TestDamage(t *testing.T) {
	t.Parallel()
	for _, content := range [][]byte{[]byte("hello\n"), contents()[7][:3000], contents()[5][:200]} {
		for _, level := range []int{0, 6, zlib.HuffmanOnly} {
			stream := compress(t, content, level)
			for length := range stream {
				if _, err := inflate.Whole(make([]byte, len(content)), stream[:length]); !errors.Is(err, inflate.ErrShort) {
					t.Errorf("cut after %d of %d: %v", length, len(stream), err)
				}
			}
			for bit := range len(stream) * 8 {
				changed := bytes.Clone(stream)
				changed[bit/8] ^= 1 << (bit % 8)
				dst := make([]byte, len(content))
				if _, err := inflate.Whole(dst, changed); err == nil && !bytes.Equal(dst, content) {
					t.Errorf("bit %d of %d changed: wrong content", bit, len(stream)*8)
				}
			}
		}
	}
}

// FuzzWhole compares with the standard library on what is no stream at all.
func FuzzWhole(f *testing.F) {
	for _, content := range contents() {
		content = content[:min(len(content), 2000)]
		for _, level := range []int{0, 1, 6, zlib.HuffmanOnly} {
			f.Add(compress(f, content, level), len(content))
		}
	}
	f.Fuzz(func(t *testing.T, stream []byte, size int) {
		if size < 0 || size > 1<<20 {
			return
		}
		var want []byte
		reader, err := zlib.NewReader(bytes.NewReader(stream))
		if err == nil {
			want, err = io.ReadAll(io.LimitReader(reader, 1<<20))
		}
		dst := make([]byte, size)
		_, got := inflate.Whole(dst, stream)
		switch {
		case err == nil && len(want) == size && (got != nil || !bytes.Equal(dst, want)):
			t.Errorf("the standard library reads %d bytes, here: %v", len(want), got)
		case err != nil && got == nil:
			t.Errorf("the standard library says %v, here nothing is wrong", err)
		}
		exact := make([]byte, len(want))
		if _, got := inflate.Whole(exact, stream); err == nil && (got != nil || !bytes.Equal(exact, want)) {
			t.Errorf("the standard library reads %d bytes, here: %v", len(want), got)
		}
		if _, err := inflate.Prefix(make([]byte, size), stream); err == nil && got == nil && len(want) != size {
			t.Error("the content's length does not matter")
		}
	})
}

// BenchmarkWhole compares with the standard library on what git stores most of:
// small objects.
func BenchmarkWhole(b *testing.B) {
	for _, size := range []int{300, 3000, 100_000} {
		content := contents()[7][:size]
		stream := compress(b, content, 6)
		dst := make([]byte, size)
		b.Run(fmt.Sprint(size), func(b *testing.B) {
			b.SetBytes(int64(size))
			for b.Loop() {
				if _, err := inflate.Whole(dst, stream); err != nil {
					b.Fatal(err)
				}
			}
		})
		b.Run(fmt.Sprint(size, " compress/zlib"), func(b *testing.B) {
			b.SetBytes(int64(size))
			source := bytes.NewReader(stream)
			reader, err := zlib.NewReader(source)
			if err != nil {
				b.Fatal(err)
			}
			for b.Loop() {
				source.Reset(stream)
				if err = reader.(zlib.Resetter).Reset(source, nil); err == nil {
					_, err = io.ReadFull(reader, dst)
				}
				if err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
