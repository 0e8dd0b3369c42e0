package terminal

import "testing"

func TestWantsColour(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		environ []string
		capable bool
		want    bool
	}{
		"terminal":                   {nil, true, true},
		"no terminal":                {nil, false, false},
		"NO_COLOR":                   {[]string{"NO_COLOR=1"}, true, false},
		"NO_COLOR empty":             {[]string{"NO_COLOR="}, true, true},
		"NO_COLOR against force":     {[]string{"CLICOLOR_FORCE=1", "NO_COLOR=1"}, true, false},
		"CLICOLOR_FORCE":             {[]string{"CLICOLOR_FORCE=1"}, false, true},
		"CLICOLOR_FORCE=0":           {[]string{"CLICOLOR_FORCE=0"}, false, false},
		"FORCE_COLOR":                {[]string{"FORCE_COLOR=true"}, false, true},
		"FORCE_COLOR=false":          {[]string{"FORCE_COLOR=false"}, false, false},
		"CLICOLOR=0":                 {[]string{"CLICOLOR=0"}, true, false},
		"CLICOLOR=0 against force":   {[]string{"CLICOLOR=0", "FORCE_COLOR=1"}, true, true},
		"the last of several counts": {[]string{"NO_COLOR=1", "NO_COLOR="}, true, true},
		"a longer name":              {[]string{"NO_COLOR_AT_ALL=1"}, true, true},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := wantsColour(test.environ, test.capable); got != test.want {
				t.Errorf("wantsColour(%q, %v) = %v, want %v", test.environ, test.capable, got, test.want)
			}
		})
	}
}

func TestDumbTerminalShowsNoProgress(t *testing.T) {
	t.Parallel()
	streams := System([]string{"TERM=dumb", "CLICOLOR_FORCE="})
	if !streams.plain || streams.Colour || streams.ErrColour {
		t.Errorf("plain = %v, Colour = %v, ErrColour = %v", streams.plain, streams.Colour, streams.ErrColour)
	}
	streams.ErrIsTerminal = true
	if progress := streams.Progress("working"); progress.screen != nil {
		t.Error("a dumb terminal would show escape sequences")
	}
}
