package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/ProtonMail/go-crypto/openpgp/armor"
	openpgp "github.com/ProtonMail/go-crypto/openpgp/v2"
)

// pgpTool is a gpg as far as git and looprel need one to sign:
//
//	pgptool NAME FILE          makes a key: FILE, and its public half FILE.asc
//	pgptool --status-fd=2 -bsau FILE     signs standard input with it
func pgpTool() {
	if len(os.Args) != 3 && len(os.Args) != 4 {
		fmt.Fprintln(os.Stderr, "pgptool: NAME FILE, or --status-fd=2 -bsau FILE")
		os.Exit(2)
	}
	err := errors.New("unknown arguments")
	switch {
	case len(os.Args) == 3:
		err = makePGPKey(os.Args[1], os.Args[2])
	case os.Args[2] == "-bsau":
		err = signPGP(os.Args[3])
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "pgptool:", err)
		os.Exit(1)
	}
}

func makePGPKey(name, file string) error {
	key, err := openpgp.NewEntity(name, "", name+"@example.org", nil)
	if err != nil {
		return err
	}
	var private, public bytes.Buffer
	writer, err := armor.Encode(&public, openpgp.PublicKeyType, nil)
	if err == nil {
		err = errors.Join(key.SerializePrivateWithoutSigning(&private, nil), key.Serialize(writer), writer.Close())
	}
	return errors.Join(err, os.WriteFile(file, private.Bytes(), 0o600), os.WriteFile(file+".asc", append(public.Bytes(), '\n'), 0o644))
}

func signPGP(file string) error {
	text, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	keys, err := openpgp.ReadKeyRing(bytes.NewReader(text))
	if err != nil {
		return err
	}
	if err := openpgp.ArmoredDetachSign(os.Stdout, keys, os.Stdin, nil); err != nil {
		return err
	}
	_, err = io.WriteString(os.Stderr, "[GNUPG:] SIG_CREATED D\n")
	return errors.Join(err, writeNewline())
}

// writeNewline ends the signature as gpg does.
func writeNewline() error {
	_, err := os.Stdout.WriteString("\n")
	return err
}
