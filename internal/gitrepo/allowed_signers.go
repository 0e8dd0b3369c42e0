package gitrepo

import "fmt"

// maxSignersSize bounds a list of signers, in bytes.
const maxSignersSize = 1 << 20

// AllowedSigners reads the file that gpg.ssh.allowedSignersFile names; the path is
// empty where git's configuration names none.
func (r *Repository) AllowedSigners() (path string, text []byte, err error) {
	return r.signersFile("gpg.ssh.allowedSignersFile")
}

// RevokedSigners reads the file that gpg.ssh.revocationFile names, likewise.
func (r *Repository) RevokedSigners() (path string, text []byte, err error) {
	return r.signersFile("gpg.ssh.revocationFile")
}

// signersFile reads a file of the user's configuration. A relative path is seen from
// the root of the worktree, as by git when it is run there.
func (r *Repository) signersFile(key string) (path string, text []byte, err error) {
	path = r.config.Path(key)
	if path == "" {
		return "", nil, nil
	}
	dir := r.Worktree()
	if !isDirectory(dir) {
		dir = r.GitDir()
	}
	path = absolute(dir, path)
	if text, err = readBounded(path, maxSignersSize); err != nil {
		return path, nil, &Error{Kind: ErrConfig, What: fmt.Sprintf("cannot read the file that %s names", key), Cause: err,
			Advice: fmt.Sprintf("correct it: git config %s FILE", key)}
	}
	return path, text, nil
}
