package signers_test

import (
	"bytes"
	"crypto"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/ProtonMail/go-crypto/openpgp/armor"
	"github.com/ProtonMail/go-crypto/openpgp/packet"
	openpgp "github.com/ProtonMail/go-crypto/openpgp/v2"

	"github.com/mozilla-services/looprel/internal/signers"
)

// pgpKey makes a key a year before the tag. A lifetime of zero is for ever.
func pgpKey(t *testing.T, name string, lifetime time.Duration) *openpgp.Entity {
	t.Helper()
	entity, err := openpgp.NewEntity(name, "", strings.ToLower(name)+"@example.org", &packet.Config{
		Algorithm: packet.PubKeyAlgoEdDSA, KeyLifetimeSecs: uint32(lifetime / time.Second), Time: func() time.Time { return at().AddDate(-1, 0, 0) },
	})
	if err != nil {
		t.Fatal(err)
	}
	return entity
}

// exported are public keys as gpg --export writes them.
func exported(t *testing.T, armoured bool, keys ...*openpgp.Entity) []byte {
	t.Helper()
	var text bytes.Buffer
	for _, key := range keys {
		var err error
		if !armoured {
			err = key.Serialize(&text)
		} else {
			writer, begun := armor.Encode(&text, openpgp.PublicKeyType, nil)
			err = errors.Join(begun, key.Serialize(writer), writer.Close())
			text.WriteString("\nand some text\n")
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	return text.Bytes()
}

// pgpSigned is a signature as git writes it, by one or more. It is made whatever speaks
// against the key: those who stole one do not ask.
func pgpSigned(t *testing.T, when time.Time, hash crypto.Hash, keys ...*openpgp.Entity) string {
	t.Helper()
	var text bytes.Buffer
	writer, err := armor.Encode(&text, openpgp.SignatureType, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, key := range keys {
		signature := &packet.Signature{
			Version: 4, SigType: packet.SigTypeBinary, PubKeyAlgo: key.PrimaryKey.PubKeyAlgo, Hash: hash, CreationTime: when,
			IssuerKeyId: &key.PrimaryKey.KeyId, IssuerFingerprint: key.PrimaryKey.Fingerprint,
		}
		digest, err := signature.PrepareSign(nil)
		if err == nil {
			_, err = digest.Write([]byte(payload))
		}
		if err := errors.Join(err, signature.Sign(digest, key.PrivateKey, nil), signature.Serialize(writer)); err != nil {
			t.Fatal(err)
		}
	}
	if err := writer.Close(); err != nil {
		t.Fatal(err)
	}
	return text.String() + "\n"
}

func TestKeyring(t *testing.T) {
	t.Parallel()
	known, other, stranger := pgpKey(t, "Known", 0), pgpKey(t, "Other", 0), pgpKey(t, "Stranger", 0)
	short := pgpKey(t, "Short", 180*24*time.Hour)
	revoked, retired := pgpKey(t, "Revoked", 0), pgpKey(t, "Retired", 0)
	revoke := func(key *openpgp.Entity, reason packet.ReasonForRevocation, at time.Time) {
		if err := key.Revoke(reason, "", &packet.Config{Time: func() time.Time { return at }}); err != nil {
			t.Fatal(err)
		}
	}
	revoke(revoked, packet.KeyCompromised, at().AddDate(1, 0, 0))
	revoke(retired, packet.KeyRetired, at().AddDate(1, 0, 0))
	keys := exported(t, true, known, other, short, revoked, retired)
	cases := map[string]struct {
		keys    []byte
		armored string
		payload string
		want    string // the principal, or what the error says
	}{
		"known":               {keys, pgpSigned(t, at(), crypto.SHA256, known), payload, "Known <known@example.org>"},
		"the second":          {keys, pgpSigned(t, at(), crypto.SHA256, other), payload, "Other <other@example.org>"},
		"not armoured":        {exported(t, false, known, other), pgpSigned(t, at(), crypto.SHA512, other), payload, "Other <other@example.org>"},
		"a minute late":       {keys, pgpSigned(t, at().Add(time.Minute), crypto.SHA256, known), payload, "Known <known@example.org>"},
		"stranger":            {keys, pgpSigned(t, at(), crypto.SHA256, stranger), payload, "is not one of the allowed ones"},
		"expired":             {keys, pgpSigned(t, at(), crypto.SHA256, short), payload, "was not valid at 2014-08-05T18:00:00Z"},
		"before it expired":   {keys, pgpSigned(t, at().AddDate(0, -8, 0), crypto.SHA256, short), payload, "Short <short@example.org>"},
		"before there was it": {keys, pgpSigned(t, at().AddDate(-2, 0, 0), crypto.SHA256, known), payload, "does not count"},
		"stolen, found later": {keys, pgpSigned(t, at(), crypto.SHA256, revoked), payload, "is revoked"},
		"retired later":       {keys, pgpSigned(t, at(), crypto.SHA256, retired), payload, "Retired <retired@example.org>"},
		"retired before":      {keys, pgpSigned(t, at().AddDate(2, 0, 0), crypto.SHA256, retired), payload, "is revoked"},
		"another payload":     {keys, pgpSigned(t, at(), crypto.SHA256, known), payload + "x", "does not count"},
		"two signatures":      {keys, pgpSigned(t, at(), crypto.SHA256, stranger, known), payload, "there is more than one"},
		"cut off":             {keys, "-----BEGIN PGP SIGNATURE-----\n", payload, "cannot be read"},
		"empty":               {keys, "-----BEGIN PGP SIGNATURE-----\n\n=njUN\n-----END PGP SIGNATURE-----\n", payload, "cannot be read"},
		"SSH":                 {keys, sign(t, newKey(t), "git"), payload, "nothing says whose count"},
		"none":                {keys, "", payload, "it is not signed"},
		"no keys":             {nil, pgpSigned(t, at(), crypto.SHA256, known), payload, "it has an OpenPGP signature, and nothing says whose count"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var allowed signers.Allowed
			if c.keys != nil {
				ring, err := signers.ParseKeyring(c.keys)
				if err != nil {
					t.Fatal(err)
				}
				allowed.Keys = ring
			}
			signer, err := allowed.Verify([]byte(c.payload), c.armored, at())
			if got := signer.Principal; err == nil && got != c.want || err != nil && !strings.Contains(err.Error(), c.want) {
				t.Errorf("%s, %v; want %s", signer, err, c.want)
			}
		})
	}
}

// A file that is not what it should be allows nobody.
func TestParseKeyring(t *testing.T) {
	t.Parallel()
	key := pgpKey(t, "Known", 0)
	var private bytes.Buffer
	if err := key.SerializePrivateWithoutSigning(&private, nil); err != nil {
		t.Fatal(err)
	}
	public := exported(t, true, key)
	for name, c := range map[string]struct {
		text []byte
		want string
	}{
		"nothing":         {nil, "no OpenPGP keys"},
		"text":            {[]byte("nobody\n"), "cannot be read"},
		"cut off":         {public[:len(public)/2], "cannot be read"},
		"another armour":  {[]byte("-----BEGIN CERTIFICATE-----\n\nAAAA\n-----END CERTIFICATE-----\n"), "it holds a CERTIFICATE"},
		"private":         {private.Bytes(), "private key"},
		"one that breaks": {append(exported(t, true, key), "-----BEGIN PGP PUBLIC KEY BLOCK-----\n\nAAAA\n-----END PGP PUBLIC KEY BLOCK-----\n"...), "cannot be read"},
	} {
		ring, err := signers.ParseKeyring(c.text)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, %v", name, ring, err)
		}
	}
}

func FuzzKeyring(f *testing.F) {
	f.Add([]byte("-----BEGIN PGP PUBLIC KEY BLOCK-----\n\nAAAA\n"), "-----BEGIN PGP SIGNATURE-----\n\nAAAA\n")
	f.Fuzz(func(t *testing.T, keys []byte, armored string) {
		ring, err := signers.ParseKeyring(keys)
		if err != nil {
			return
		}
		if signer, err := ring.Verify([]byte(payload), armored); err == nil {
			t.Errorf("%s signed", signer)
		}
	})
}
