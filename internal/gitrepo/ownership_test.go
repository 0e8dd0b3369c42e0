package gitrepo

import "testing"

func TestIsTrusted(t *testing.T) {
	t.Parallel()
	env := environ{"HOME=/home/ops"}
	cases := map[string]struct {
		values []string
		want   bool
	}{
		"nothing named":       {nil, false},
		"the directory":       {[]string{"/srv/repo"}, true},
		"with a slash":        {[]string{"/srv/repo/"}, true},
		"another one":         {[]string{"/srv/other"}, false},
		"every one":           {[]string{"*"}, true},
		"all below":           {[]string{"/srv/*"}, true},
		"a longer name":       {[]string{"/srv/rep"}, false},
		"forgotten again":     {[]string{"*", ""}, false},
		"named after an end":  {[]string{"", "/srv/repo"}, true},
		"below the home":      {[]string{"~/repo"}, false},
		"not what it is like": {[]string{"/srv/repo/*"}, false},
	}
	for name, c := range cases {
		if got := isTrusted("/srv/repo", c.values, env); got != c.want {
			t.Errorf("%s: got %v, want %v", name, got, c.want)
		}
	}
	if !isTrusted("/home/ops/repo", []string{"~/repo"}, env) {
		t.Error("the home directory is not expanded")
	}
}
