package apply

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/mozilla-services/looprel/internal/forge"
	"github.com/mozilla-services/looprel/internal/plan"
)

// PullTellings is where pull requests learn of their backports.
type PullTellings interface {
	// OwnComments are the texts of comments of those who belong to the repository.
	OwnComments(ctx context.Context, number int) ([]string, error)
	Comment(ctx context.Context, number int, text string) error
	Label(ctx context.Context, number int, label string) error
	// Unlabel takes a label off; one that is not there is no failure.
	Unlabel(ctx context.Context, number int, label string) error
}

// teller tells pull requests what became of them.
type teller struct {
	to PullTellings
	// down is why nothing more is asked of the forge.
	down error
	open []OpenItem
	done []string
}

// tellPulls tells the pull requests of a plan, once its lines are done. An OpenError
// says what could not be told.
func tellPulls(ctx context.Context, p *plan.BackportPlan, to PullTellings) (done []string, err error) {
	t := &teller{to: to}
	for _, telling := range p.Tellings {
		t.tell(ctx, telling)
	}
	if len(t.open) == 0 {
		return t.done, nil
	}
	return t.done, &OpenError{Done: "what applies is backported", Items: t.open, Command: p.Command()}
}

// tell comments, unless that has been done, and then changes the labels. The one that
// asked comes off last: while it is there, the next run looks again.
func (t *teller) tell(ctx context.Context, telling *plan.Telling) {
	number := telling.Pull.Number
	what := fmt.Sprintf("pull request #%d", number)
	if !telling.Commented && !t.try("the comment on "+what, func() error { return t.comment(ctx, telling) }) {
		return
	}
	if telling.Label != "" && !t.try("the label of "+what, func() error { return t.to.Label(ctx, number, telling.Label) }) {
		return
	}
	if telling.Unlabel != "" {
		t.try("the label of "+what, func() error { return t.to.Unlabel(ctx, number, telling.Unlabel) })
	}
}

// comment comments, unless somebody else has done so meanwhile.
func (t *teller) comment(ctx context.Context, telling *plan.Telling) error {
	texts, err := t.to.OwnComments(ctx, telling.Pull.Number)
	if err != nil || slices.ContainsFunc(texts, func(text string) bool { return strings.Contains(text, telling.Key) }) {
		return err
	}
	if err := t.to.Comment(ctx, telling.Pull.Number, telling.Text()); err != nil {
		return err
	}
	t.done = append(t.done, fmt.Sprintf("commented on #%d", telling.Pull.Number))
	return nil
}

// try does one thing, unless the forge has been found to be down.
func (t *teller) try(what string, do func() error) bool {
	err := t.down
	if err == nil {
		err = do()
	}
	if err == nil {
		return true
	}
	if errors.Is(err, forge.ErrUnreachable) || errors.Is(err, context.Canceled) {
		t.down = err
	}
	t.open = append(t.open, OpenItem{What: what, Why: err})
	return false
}
