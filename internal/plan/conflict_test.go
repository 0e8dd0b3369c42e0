package plan_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/mozilla-services/looprel/internal/merge"
	"github.com/mozilla-services/looprel/internal/object"
	"github.com/mozilla-services/looprel/internal/plan"
)

// The lines in conflict are shown whatever size the markers have, and whatever the
// lines themselves look like.
func TestDescribeConflictShowsHunks(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, attributes   string
		base, ours, theirs string
		want               []string
	}{
		{"usual markers", "", "1\n", "2\n", "3\n", []string{"<<<<<<< HEAD\n2\n=======\n3\n>>>>>>> fix"}},
		{"short markers", "f conflict-marker-size=3", "1\n", "2\n", "3\n", []string{"<<< HEAD\n2\n===\n3\n>>> fix"}},
		{"long markers", "f conflict-marker-size=12", "1\n", "2\n", "3\n", []string{"<<<<<<<<<<<< HEAD\n2\n============\n3\n>>>>>>>>>>>> fix"}},
		{
			"markers of the file's own", "f conflict-marker-size=12", "<<<<<<< a\n1\n>>>>>>> b\n", "<<<<<<< a\n2\n>>>>>>> b\n", "<<<<<<< a\n3\n>>>>>>> b\n",
			[]string{"<<<<<<<<<<<< HEAD\n2\n============\n3\n>>>>>>>>>>>> fix"},
		},
		{
			"markers within", "", "1\n", "<<<<<<< a\n2\n>>>>>>>>> b\n", "3\n",
			[]string{"<<<<<<< HEAD\n<<<<<<< a\n2\n>>>>>>>>> b\n=======\n3\n>>>>>>> fix"},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			objects := memory{}
			tree := func(text string) object.ID {
				attributes, file := object.Blob([]byte(c.attributes)), object.Blob([]byte(text))
				made := object.Tree{
					{Mode: object.ModeFile, Name: ".gitattributes", ID: attributes.ID()}, {Mode: object.ModeFile, Name: "f", ID: file.ID()},
				}.Object()
				objects.add(attributes, file, made)
				return made.ID()
			}
			ours := tree(c.ours)
			result, err := merge.Trees(objects, tree(c.base), ours, tree(c.theirs), merge.Options{Ours: "HEAD", Theirs: "fix", Attributes: ours})
			if err != nil {
				t.Fatal(err)
			}
			objects.add(result.Objects...)
			files, err := plan.DescribeConflict(result, objects, ours)
			if err != nil {
				t.Fatal(err)
			}
			want := []plan.ConflictFile{{Path: "f", Why: "the line and the commit change the same lines", Hunks: c.want}}
			if difference := cmp.Diff(want, files); difference != "" {
				t.Error(difference)
			}
		})
	}
}
