package ledger

import (
	"fmt"
	"slices"

	"github.com/mozilla-services/looprel/internal/release"
)

// signedOff puts a sign-off on its release, in place of what the same person said
// of the same environment before.
func (f *folding) signedOff(signed SignedOff) error {
	if signed.Set != "" {
		return f.decideOnSet(signed.Set, func(known *Set) error {
			known.SignOffs = f.signOffs(known.SignOffs, signed)
			return nil
		})
	}
	return f.decideOn(signed.Version, func(known *Release) error {
		known.SignOffs = f.signOffs(known.SignOffs, signed)
		return nil
	})
}

// decideOn changes what is known of a release.
func (f *folding) decideOn(version release.Version, change func(*Release) error) error {
	known, err := f.release(f.entry.Component, version)
	if err != nil {
		return err
	}
	if known == nil {
		return fmt.Errorf("%s %s is not in the ledger", f.entry.Component, version)
	}
	if err := change(known); err != nil {
		return err
	}
	return f.write(releasePath(f.entry.Component, version), *known)
}

func (f *folding) backedOff(off BackedOff) error {
	if off.Set != "" {
		return f.decideOnSet(off.Set, func(known *Set) (err error) {
			known.BackedOff, err = f.backOff(known.BackedOff, off.Set, off)
			return err
		})
	}
	return f.decideOn(off.Version, func(known *Release) (err error) {
		known.BackedOff, err = f.backOff(known.BackedOff, off.Version.String(), off)
		return err
	})
}

// backOffBad backs off the release that a rollback takes away, as the rollback
// begins: nobody must bring it back by accident, however that ends.
func (f *folding) backOffBad(bad release.Version, signed bool) error {
	if bad.IsZero() {
		return nil
	}
	known, err := f.release(f.entry.Component, bad)
	if err != nil || known == nil || known.BackedOff != nil {
		return err
	}
	known.BackedOff = &Decision{By: f.entry.By, At: f.entry.At, Reason: f.entry.Reason, Signed: signed}
	return f.write(releasePath(f.entry.Component, bad), *known)
}

// mostEarlier is how many deployments an environment remembers.
const mostEarlier = 10

// earlier puts what ran until now in front of what ran before.
func earlier(list []Running, running Running) []Running {
	list = slices.DeleteFunc(slices.Clone(list), func(one Running) bool { return one.Deployment == running.Deployment })
	list = append([]Running{running}, list...)
	return list[:min(len(list), mostEarlier)]
}
