package object_test

import (
	"testing"

	"github.com/mozilla-services/looprel/internal/object"
)

func TestBody(t *testing.T) {
	t.Parallel()
	for message, want := range map[string]string{
		"":                                    "",
		"Subject":                             "",
		"Subject\nover two lines\n":           "",
		"Subject\n\nBody\n\nMore\n":           "Body\n\nMore",
		"\n\nSubject\n\n\nBody\n\n":           "Body",
		"Subject\r\n\r\nBody\r\n\r\nMore\r\n": "Body\r\n\r\nMore",
		"Subject\n \t\nBody\n":                "Body",
		"Subject\r\nover two\r\n\r\nBody\r\n": "Body",
	} {
		if have := (object.Commit{Message: message}).Body(); have != want {
			t.Errorf("the body of %q is %q, want %q", message, have, want)
		}
	}
}
