package observe

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/mozilla-services/looprel/internal/gitrepo"
	"github.com/mozilla-services/looprel/internal/object"
	"github.com/mozilla-services/looprel/internal/plan"
	"github.com/mozilla-services/looprel/internal/release"
)

// component is the one that the options name, or the one of this repository.
func (s *Session) component() (release.Component, error) {
	train := s.source.Train
	var own []string
	for _, component := range train.Components {
		if component.Name == s.options.Component {
			return component, nil
		}
		if s.isHere(component.Repository) {
			own = append(own, component.Name)
		}
	}
	all := make([]string, len(train.Components))
	for i, component := range train.Components {
		all[i] = component.Name
	}
	if train.Sets && s.options.Train && s.options.Component == "" {
		s.undecided = len(own) != 1
		if len(own) > 0 {
			all[0] = own[0]
		}
		component, _ := train.Component(all[0])
		return component, nil
	}
	switch {
	case s.options.Component != "":
		return release.Component{}, &plan.Misuse{Reason: fmt.Sprintf("there is no component %q", s.options.Component),
			Advice: "the components are " + strings.Join(all, ", ")}
	case len(own) == 1:
		component, _ := train.Component(own[0])
		component.Repository = "."
		return component, nil
	case len(own) == 0:
		return release.Component{}, &plan.Misuse{Reason: "no component of environments.yaml has this repository",
			Advice: "give a component \"repository: .\", or choose one: --component " + strings.Join(all, ", --component ")}
	}
	return release.Component{}, &plan.Misuse{Reason: "this repository has several components",
		Advice: "add one of: --component " + strings.Join(own, ", --component ")}
}

// isHere reports whether a component's repository is the one of this clone.
func (s *Session) isHere(repository string) bool {
	if repository == "." {
		return true
	}
	for _, remote := range s.repository.Config().Remotes() {
		if gitrepo.SameAddress(remote.URL, repository) {
			return true
		}
	}
	return false
}

// checkOtherLedgers refuses to go on when another remote of the clone has a
// ledger: two trains would release the same versions. Remotes that cannot be
// reached are passed over.
func (s *Session) checkOtherLedgers(ctx context.Context, home string) error {
	remotes := s.repository.Config().Remotes()
	found := make([]bool, len(remotes))
	var group sync.WaitGroup
	for i, remote := range remotes {
		if remote.Name == home || gitrepo.SameAddress(remote.URL, s.remote.Config().URL) {
			continue
		}
		group.Go(func() {
			ctx, cancel := context.WithTimeout(ctx, otherRemotePatience)
			defer cancel()
			other, err := s.repository.OpenRemote(remote.Name, gitrepo.RemoteOptions{})
			if err != nil {
				return // a remote that cannot be used has no say
			}
			defer other.Close() //nolint:errcheck // only its references were wanted
			ref := s.source.Train.LedgerRef
			shown, err := other.List(ctx, ref)
			if err == nil {
				found[i] = s.isOtherLedger(shown.Refs[ref])
			}
		})
	}
	group.Wait()
	for i, remote := range remotes {
		if found[i] {
			return &plan.Misuse{
				Reason: fmt.Sprintf("remote %s has a ledger, and the train's home would be %s", remote.Name, home),
				Advice: fmt.Sprintf("say which is the home: --remote %s, or \"home: %s\" under train in environments.yaml", remote.Name, remote.Name),
			}
		}
	}
	return nil
}

// isOtherLedger reports whether a ledger's tip, zero for none, is that of another
// ledger than the home's. A mirror shows the same tip, or one that this clone has
// seen before. Where the home was named and has a ledger, it is the one.
func (s *Session) isOtherLedger(tip object.ID) bool {
	home := s.shown.Refs[s.source.Train.LedgerRef]
	switch {
	case tip.IsZero(), tip == home:
		return false
	case home.IsZero():
		return true // a second ledger would begin beside it
	case s.options.Remote != "":
		return false
	}
	store, err := s.repository.LedgerStore()
	if err != nil {
		return true
	}
	defer store.Close() //nolint:errcheck // it was only read
	known, err := store.Has(tip)
	return err != nil || !known
}

// otherRemotePatience bounds the look at remotes that are not the home.
const otherRemotePatience = 5 * time.Second
