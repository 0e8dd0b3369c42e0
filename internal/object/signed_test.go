package object_test

import (
	"testing"

	"github.com/mozilla-services/looprel/internal/object"
)

const armor = "-----BEGIN SSH SIGNATURE-----\nU1NI\n-----END SSH SIGNATURE-----\n"

func TestUnsigned(t *testing.T) {
	t.Parallel()
	const (
		head    = "object 0123456789012345678901234567890123456789\ntype commit\ntag 1.0.0\ntagger A <a@example.org> 1 +0000\n\n"
		tree    = "tree 0123456789012345678901234567890123456789\nauthor A <a@example.org> 1 +0000\ncommitter A <a@example.org> 1 +0000\n"
		folded  = "gpgsig -----BEGIN SSH SIGNATURE-----\n U1NI\n -----END SSH SIGNATURE-----\n"
		another = "gpgsig-sha256 -----BEGIN SSH SIGNATURE-----\n WFhY\n -----END SSH SIGNATURE-----\n"
	)
	tests := map[string]struct {
		kind                    object.Kind
		data, payload, wantSign string
	}{
		"a tag":                      {object.KindTag, head + "Release 1.0.0\n" + armor, head + "Release 1.0.0\n", armor},
		"a tag without":              {object.KindTag, head + "Release 1.0.0\n", head + "Release 1.0.0\n", ""},
		"a tag with two":             {object.KindTag, head + "Release\n" + armor + armor, head + "Release\n" + armor, armor},
		"a tag that mentions one":    {object.KindTag, head + "see -----BEGIN SSH SIGNATURE-----\n", head + "see -----BEGIN SSH SIGNATURE-----\n", ""},
		"a commit":                   {object.KindCommit, tree + folded + "\nSubject\n", tree + "\nSubject\n", armor},
		"a commit, header after it":  {object.KindCommit, tree + folded + "encoding x\n y\n\nSubject\n", tree + "encoding x\n y\n\nSubject\n", armor},
		"a commit without":           {object.KindCommit, tree + "\ngpgsig\n", tree + "\ngpgsig\n", ""},
		"a commit of both formats":   {object.KindCommit, tree + folded + another + "\nSubject\n", tree + "\nSubject\n", armor},
		"a commit that ends early":   {object.KindCommit, tree + folded, tree, armor},
		"a commit of the other only": {object.KindCommit, tree + another + "\nSubject\n", tree + "\nSubject\n", ""},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			payload, signature := object.Unsigned(object.Object{Kind: test.kind, Data: []byte(test.data)})
			if string(payload) != test.payload || signature != test.wantSign {
				t.Errorf("payload %q, signature %q; expected %q, %q", payload, signature, test.payload, test.wantSign)
			}
		})
	}
}
