package merge_test

import "strings"

// comparisonCases are about which lines are taken for the same. Each is the smallest case found
// in which a small departure from git's way shows.
func comparisonCases() []textCase {
	return []textCase{
		{
			name:     "the rarest line decides, where Myers finds another way",
			base:     "\r\nd\r\nd\r\n",
			ours:     "d\r\n\r\n",
			theirs:   "d\r\n",
			want:     "d\r\n<<<<<<< ours\r\n\r\n=======\r\n>>>>>>> theirs\r\n",
			conflict: true,
		},
		{
			name:       "of equally rare lines the first",
			base:       lines("}|  x := 1"),
			ours:       lines("  x := 1|}|  x := 1"),
			theirs:     lines("}"),
			attributes: "merge=union",
			want:       lines("  x := 1|}"),
		},
		{
			name:       "a region found later must be rarer or longer",
			base:       lines("}"),
			ours:       lines("{|}|}|last"),
			theirs:     lines("|}"),
			attributes: "merge=union",
			want:       lines("{||}|}|last"),
		},
		{
			name:     "an overlapping repetition is no region of its own",
			ours:     lines("a|a|a|b|b|b|b|b"),
			theirs:   lines("a|a|b|b|x|b|b|b|b"),
			want:     lines("a|a|<<<<<<< ours|a|b|=======|b|b|x|>>>>>>> theirs|b|b|b|b"),
			conflict: true,
		},
		{
			name:     "the search goes on behind the regions seen",
			base:     lines("k|c|b|i|k|f|c|c|b|b|i"),
			ours:     lines("i|k|c|b"),
			theirs:   lines("b|b"),
			want:     lines("<<<<<<< ours|i|k|c|b|=======|b|b|>>>>>>> theirs"),
			conflict: true,
		},
		{
			name:     "a change slides down",
			ours:     lines("d|d"),
			theirs:   lines("c|d"),
			want:     lines("<<<<<<< ours|d|=======|c|>>>>>>> theirs|d"),
			conflict: true,
		},
		{
			name:     "an addition slides to its counterpart",
			base:     lines("d|c"),
			ours:     lines("d|d|c"),
			theirs:   lines("d"),
			want:     lines("d|<<<<<<< ours|d|c|=======|>>>>>>> theirs"),
			conflict: true,
		},
		{
			name:     "moved the same way and shortened",
			base:     lines("{|end|if|if|return|end"),
			ours:     lines("end|{||if|if|return"),
			theirs:   lines("end|{||if"),
			want:     lines("end|{||if|<<<<<<< ours|if|return|=======|>>>>>>> theirs"),
			conflict: true,
		},
	}
}

// frequentLineCases are about the limit beyond which histogram gives way to Myers.
func frequentLineCases() []textCase {
	// The line x is as frequent as the limit allows in a part of this text, and
	// once more with one x before it.
	base := strings.Repeat("x\n", 46) + lines("a|b|a|x|x|x|x|b|x|x|x|c|x|x|a|x|x|x|x|c|x|x|x|x|x|x")
	return []textCase{
		{
			name:     "at the limit",
			base:     base,
			ours:     lines("x|b|a|c|c"),
			theirs:   lines("c"),
			want:     lines("<<<<<<< ours|x|b|a|c|=======|>>>>>>> theirs|c"),
			conflict: true,
		},
		{
			name:     "beyond the limit",
			base:     "x\n" + base,
			ours:     lines("x|b|a|c|c"),
			theirs:   lines("c"),
			want:     lines("<<<<<<< ours|x|b|a|c|c|=======|c|>>>>>>> theirs"),
			conflict: true,
		},
	}
}
