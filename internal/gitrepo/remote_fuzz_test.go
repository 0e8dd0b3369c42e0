package gitrepo

import (
	"bufio"
	"bytes"
	"io"
	"strings"
	"testing"

	"github.com/mozilla-services/looprel/internal/object"
)

// saying is a connection on which all is said already.
type saying struct {
	connection
	answer []byte
}

func (s saying) exchange(*operation, request) (*bufio.Reader, error) {
	return bufio.NewReader(bytes.NewReader(s.answer)), nil
}

// FuzzListing reads what a server says of its references, in either version. What is
// taken has names that references have, and peeled values only of tags that are shown.
func FuzzListing(f *testing.F) {
	id := strings.Repeat("1", idDigits)
	f.Add([]byte("001e# service=git-upload-pack\n0000004a"+id+" HEAD\x00symref=HEAD:refs/heads/x agent=g\n0000"), true)
	f.Add([]byte("003d"+id+" refs/heads/x\x00ofs-delta\n003d"+id+" refs/tags/1.0^{}\n0000"), true)
	f.Add([]byte("000eversion 2\n0015agent=git/2.39.5\n0000"), true)
	f.Add([]byte("0050"+id+" HEAD symref-target:refs/heads/x\n0000"), false)
	f.Add([]byte("006e"+id+" refs/tags/1.0 peeled:"+id+"\n0000"), false)
	f.Add([]byte("000dERR gone\n"), false)
	f.Fuzz(func(t *testing.T, said []byte, isFirst bool) {
		var shown Advertisement
		if isFirst {
			reader := newAdvertisementReader(bufio.NewReader(bytes.NewReader(said)), nil)
			if reader.read() != nil {
				return
			}
			shown = reader.shown
		} else {
			s := session{connection: saying{answer: said}, features: features{}}
			if s.listRefs(nil, []string{"refs/"}) != nil {
				return
			}
			shown = s.shown
		}
		for name := range shown.Refs {
			if !strings.HasPrefix(name, "refs/") {
				t.Errorf("%q was taken for a reference", name)
			}
		}
		for name := range shown.Peeled {
			if !strings.HasPrefix(name, "refs/") {
				t.Errorf("%q was taken for a tag", name)
			}
		}
	})
}

// FuzzFetchAnswer reads what a server says before a pack, and the pack.
func FuzzFetchAnswer(f *testing.F) {
	id := strings.Repeat("1", idDigits)
	f.Add([]byte("0011shallow-info\n0034shallow "+id+"0001000dpackfile\n0009\x01PACK0000"), true, false)
	f.Add([]byte("0014acknowledgments\n0008NAK\n0001000dpackfile\n0006\x03x0000"), true, false)
	f.Add([]byte("0034shallow "+id+"00000008NAK\n0009\x01PACK0000"), false, true)
	f.Add([]byte("0034ACK "+id+" common\n0008NAK\nPACK"), false, false)
	f.Add([]byte("003eERR upload-pack: not our ref "+id), true, false)
	f.Fuzz(func(_ *testing.T, said []byte, modern, cuts bool) {
		s := session{capabilities: newAdvertisementReader(nil, nil).capabilities}
		request := FetchRequest{Wants: []object.ID{{1}}}
		if modern {
			s.features = features{}
		}
		if cuts {
			request.Depth = 1
		}
		answer, err := s.readAnswer(bufio.NewReader(bytes.NewReader(said)), request)
		if err == nil {
			_, _ = io.Copy(io.Discard, answer.pack)
		}
	})
}
