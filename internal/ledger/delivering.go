package ledger

import (
	"fmt"
	"slices"
	"time"
)

// Delivering says that somebody finishes what an act owes the forge. Nobody else does
// until then, so that nothing is made twice there.
type Delivering struct {
	// Key names what is finished, and What says it to people.
	Key   string    `json:"key"`
	What  string    `json:"what"`
	Until time.Time `json:"until"`
}

func (d Delivering) subject(component string) string {
	return fmt.Sprintf("finish %s of %s at the forge", d.What, component)
}

// Finishing is the last attempt to finish something at the forge.
type Finishing struct {
	Key   string    `json:"key"`
	By    Person    `json:"by"`
	Until time.Time `json:"until"`
	// Tries is how many there were.
	Tries int `json:"tries"`
}

// Finishings are the attempts to finish things at the forge, in order of time. What
// became of them is to be seen there.
func (s *State) Finishings(component string) ([]Finishing, error) {
	var list []Finishing
	err := s.read(finishingsPath(component), &list)
	return list, ignoreMissing(err)
}

func finishingsPath(component string) string { return "forge/" + component }

// finishingMemory is how long an attempt is remembered after its end.
const finishingMemory = 90 * 24 * time.Hour

func (f *folding) delivering(begun Delivering) error {
	list, err := f.state.Finishings(f.entry.Component)
	if err != nil {
		return err
	}
	list = slices.DeleteFunc(list, func(one Finishing) bool { return f.entry.At.Sub(one.Until) > finishingMemory })
	tries := 0
	if at := slices.IndexFunc(list, func(one Finishing) bool { return one.Key == begun.Key }); at >= 0 {
		if f.entry.At.Before(list[at].Until) {
			return fmt.Errorf("%s finishes %s until %s", list[at].By.Name, begun.Key, list[at].Until)
		}
		tries = list[at].Tries
		list = slices.Delete(list, at, at+1)
	}
	list = append(list, Finishing{Key: begun.Key, By: f.entry.By, Until: begun.Until, Tries: tries + 1})
	return f.write(finishingsPath(f.entry.Component), list)
}
