package config_test

import "testing"

func TestTextProblems(t *testing.T) {
	t.Parallel()
	checkProblems(t, []problemCase{
		{
			name: "empty file",
			new:  "\n# nothing\n",
			want: []string{"1:1: the file is empty, expected the keys version, timezone, train, components and environments"},
		},
		{
			name: "null file",
			new:  "---\n",
			want: []string{"1:1: the file is empty, expected the keys version, timezone, train, components and environments"},
		},
		{
			name: "no mapping",
			new:  "hello\n",
			want: []string{`1:1: found the text "hello", expected the file as a mapping with keys of version, timezone, train, contacts, components, environments, tick, links, github, release, ledger, allowed-signers, openpgp-keys`},
		},
		{
			name: "list",
			new:  "- a\n",
			want: []string{"1:1: found a list, expected the file as a mapping with keys of version, timezone, train, contacts, components, environments, tick, links, github, release, ledger, allowed-signers, openpgp-keys"},
		},
		{
			name: "not UTF-8",
			old:  "version: 1\n",
			new:  "version: 1 # \xff\n",
			want: []string{"1:14: the byte 0xff is not UTF-8, expected text in UTF-8"},
		},
		{
			name: "NUL",
			old:  "qa: {}",
			new:  "qa: {} \x00",
			want: []string{"11:10: the character U+0000, expected printable text"},
		},
		{
			name: "lone carriage return",
			old:  "qa: {}",
			new:  "qa: {}\r  x: {}",
			want: []string{"11:9: the character U+000D, expected printable text"},
		},
		{
			name: "line separator",
			old:  "qa: {}",
			new:  "qa: {} # \u2028",
			want: []string{"11:12: the character U+2028, expected printable text"},
		},
		{
			name: "reversed text",
			old:  "qa: {}",
			new:  "qa: {} # \u202e",
			want: []string{"11:12: the character U+202E, expected printable text"},
		},
		{
			name: "tab indentation",
			old:  "  qa: {}",
			new:  "\tqa: {}",
			want: []string{"11:1: a tab in the indentation, expected spaces"},
		},
		{
			name: "two documents",
			old:  "version: 1\n",
			new:  "version: 1\n---\nversion: 1\n",
			want: []string{
				`1:1: no key "timezone" in the file, expected it, such as "timezone: America/Los_Angeles"`,
				"1:1: no key \"train\" in the file, expected it, such as \"train: {…}\"",
				"1:1: no key \"components\" in the file, expected it, such as \"components: {…}\"",
				"1:1: no key \"environments\" in the file, expected it, such as \"environments: {…}\"",
				"3:1: a second document begins here, expected one document in the file",
			},
		},
		{
			name: "second document broken",
			old:  "  qa: {}\n",
			new:  "  qa: {}\n---\na: [\n",
			want: []string{"14:1: invalid YAML (did not find expected ',' or ']'), expected a comma or a closing bracket"},
		},
		{
			name: "mapping value in text",
			old:  "every: 2 weeks",
			new:  "every: 2: weeks",
			want: []string{`5:11: invalid YAML (mapping values are not allowed in this context), expected one key on a line, and quotes around text that holds ": "`},
		},
		{
			name: "open quote",
			old:  `to: "17:00"}`,
			new:  `to: "17:00}`,
			want: []string{"18:33: invalid YAML (did not find expected ',' or '}'), expected a comma or a closing brace"},
		},
		{
			name: "open brace",
			old:  "qa: {}",
			new:  "qa: {",
			want: []string{"12:1: invalid YAML (did not find expected ',' or '}'), expected a comma or a closing brace"},
		},
		{
			name: "open bracket",
			old:  "key: version}]",
			new:  "key: version}",
			want: []string{"14:54: invalid YAML (did not find expected ',' or ']'), expected a comma or a closing bracket"},
		},
		{
			name: "no colon",
			old:  "timezone: America/Los_Angeles",
			new:  "timezone",
			want: []string{"2:1: invalid YAML (could not find expected ':'), expected a colon after the key"},
		},
		{
			name: "bad indentation",
			old:  "  every: 2 weeks",
			new:  "   every: 2 weeks",
			want: []string{`5:9: invalid YAML (mapping values are not allowed in this context), expected one key on a line, and quotes around text that holds ": "`},
		},
		{
			name: "reserved character",
			old:  "2 weeks",
			new:  "@weeks",
			want: []string{"5:10: invalid YAML (found character that cannot start any token), expected quotes around text that begins with this character"},
		},
		{
			name: "percent",
			old:  "2 weeks",
			new:  "%weeks",
			want: []string{"5:10: invalid YAML (found character that cannot start any token), expected quotes around text that begins with this character"},
		},
		{
			name: "unknown anchor",
			old:  "ops: {}",
			new:  "ops: *nobody",
			want: []string{`10:14: unknown anchor "nobody", expected an alias of an anchor that stands before it`},
		},
		{
			name: "merge key",
			old:  "qa: {}",
			new:  "qa: {}\n  <<: {dev: {}}",
			want: []string{`12:3: the merge key "<<" is not supported, expected the keys themselves, or an alias for a whole value`},
		},
		{
			name: "cyclic alias",
			old:  "qa: {}",
			new:  "qa: &a {people: [*a]}",
			want: []string{`11:20: the alias "a" is part of the value that it stands for, expected a value that ends`},
		},
		{
			name: "tag",
			old:  "qa: {}",
			new:  "qa: !!map {}",
			want: []string{`11:7: the tag "!!map", expected a value without a tag`},
		},
		{
			name: "custom tag",
			old:  "every: 2 weeks",
			new:  "every: !secret 2 weeks",
			want: []string{`5:10: the tag "!secret", expected a value without a tag`},
		},
		{
			name: "binary",
			old:  "every: 2 weeks",
			new:  "every: !!binary aGVsbG8=",
			want: []string{`5:10: the tag "!!binary", expected a value without a tag`},
		},
		{
			name: "list as key",
			old:  "qa: {}",
			new:  "[qa]: {}",
			want: []string{"11:3: found a list, expected a name as key"},
		},
		{
			name: "version 2",
			old:  "version: 1\n",
			new:  "version: 2\n",
			want: []string{"1:10: a file of format version 2, expected version: 1, or a newer looprel that reads it"},
		},
		{
			name: "version as text",
			old:  "version: 1\n",
			new:  "version: \"1\"\n",
			want: []string{`1:10: found the text "1", expected the number 1`},
		},
		{
			name: "no version",
			old:  "version: 1\n",
			new:  "",
			want: []string{`1:1: no key "version" in the file, expected it, such as "version: 1"`},
		},
		{
			name: "unknown section",
			old:  "contacts:",
			new:  "contact:",
			want: []string{
				`9:1: unknown key "contact", expected one of version, timezone, train, contacts, components, environments, tick, links, github, release, ledger, allowed-signers, openpgp-keys; did you mean "contacts"?`,
				`17:21: unknown role "ops", expected a declared one, and the file declares none`,
				`18:23: unknown role "ops", expected a declared one, and the file declares none`,
				`19:28: unknown role "ops", expected a declared one, and the file declares none`,
			},
		},
		{
			name: "duplicate section",
			old:  "version: 1\n",
			new:  "version: 1\nversion: 1\n",
			want: []string{`2:1: duplicate key "version", expected it once: it stands on line 1 already`},
		},
		{
			name: "all at once",
			new:  "version: 1\ntimezone: Mars/Olympus\ntrains: {}\ncomponents: {Server: {}}\nenvironments:\n  dev: {maintainer: ops, follow: master}\n",
			want: []string{
				`2:11: unknown zone "Mars/Olympus", expected a name of the IANA time zone database, such as America/Los_Angeles`,
				`3:1: unknown key "trains", expected one of version, timezone, train, contacts, components, environments, tick, links, github, release, ledger, allowed-signers, openpgp-keys; did you mean "train"?`,
				`4:14: "Server" is not a name, expected at most 64 of a-z, 0-9, ".", "_" and "-", a letter or digit first, no "..", no ".lock" or "." at the end`,
				`6:21: unknown role "ops", expected a declared one, and the file declares none`,
				`6:26: unknown key "follow", expected one of maintainer, url, follows, after, commissioned, mirrors, window, gates, third-parties, deploy, on-failure, probe, announce; did you mean "follows"?`,
			},
		},
		{
			name: "block that ends nowhere",
			old:  "  qa: {}",
			new:  " qa: {}",
			want: []string{"11:2: invalid YAML (did not find expected key), expected the same indentation as the line that begins this block"},
		},
		{
			name: "empty text",
			old:  "every: 2 weeks",
			new:  `every: ""`,
			want: []string{"5:10: found empty text, expected a number of weeks such as 2 weeks"},
		},
		{
			name: "control character by escape",
			old:  "every: 2 weeks",
			new:  "every: \"2\\e[31m weeks\"",
			want: []string{"5:10: a control character in \"2\\x1b[31m weeks\", expected one line of printable text"},
		},
	})
}
