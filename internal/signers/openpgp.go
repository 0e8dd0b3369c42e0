package signers

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/ProtonMail/go-crypto/openpgp/armor"
	pgperrors "github.com/ProtonMail/go-crypto/openpgp/errors"
	"github.com/ProtonMail/go-crypto/openpgp/packet"
	openpgp "github.com/ProtonMail/go-crypto/openpgp/v2"
)

// Keyring are the OpenPGP keys whose signatures count.
type Keyring struct{ keys openpgp.EntityList }

// ParseKeyring reads public keys as gpg --export writes them, armoured or not; armoured
// ones may follow one another, with text between them.
func ParseKeyring(text []byte) (*Keyring, error) {
	ring := &Keyring{}
	if !bytes.Contains(text, []byte("-----BEGIN ")) {
		return ring, ring.add(bytes.NewReader(text))
	}
	reader := bufio.NewReader(bytes.NewReader(text))
	for {
		block, err := armor.Decode(reader)
		if errors.Is(err, io.EOF) && len(ring.keys) > 0 {
			return ring, nil
		}
		if err != nil {
			return nil, fmt.Errorf("it holds no OpenPGP keys: %w", err)
		}
		if block.Type != openpgp.PublicKeyType {
			return nil, fmt.Errorf("it holds a %s, and public keys are wanted (gpg --armor --export KEY)", block.Type)
		}
		if err := ring.add(block.Body); err != nil {
			return nil, err
		}
	}
}

func (r *Keyring) add(keys io.Reader) error {
	read, err := openpgp.ReadKeyRing(keys)
	if err != nil {
		return fmt.Errorf("its OpenPGP keys cannot be read: %w", err)
	}
	for _, key := range read {
		if key.PrivateKey != nil {
			return errors.New("it holds a private key, and public keys are wanted (gpg --armor --export KEY)")
		}
	}
	if len(read) == 0 {
		return errors.New("it holds no OpenPGP keys")
	}
	r.keys = append(r.keys, read...)
	return nil
}

// isOpenPGP reports whether a signature is one of OpenPGP, as git writes it.
func isOpenPGP(armored string) bool {
	return strings.HasPrefix(armored, "-----BEGIN PGP SIGNATURE-----")
}

// Verify holds a signature over the payload to the keys, as they were valid when the
// signature says that it was made.
func (r *Keyring) Verify(payload []byte, armored string) (Signer, error) {
	signature, packets, err := onlySignature(armored)
	if err != nil {
		return Signer{}, fmt.Errorf("its signature cannot be read: %w", err)
	}
	shown := fmt.Sprintf("OpenPGP %016X", *signature.IssuerKeyId)
	config := &packet.Config{Time: func() time.Time { return signature.CreationTime }}
	_, entity, err := openpgp.VerifyDetachedSignature(r.keys, bytes.NewReader(payload), bytes.NewReader(packets), config)
	when := signature.CreationTime.UTC().Format(time.RFC3339)
	switch {
	case err == nil:
		return Signer{Principal: principalOf(entity), Key: fmt.Sprintf("OpenPGP %X", entity.PrimaryKey.Fingerprint)}, nil
	case len(r.keys.KeysById(*signature.IssuerKeyId)) == 0:
		return Signer{}, fmt.Errorf("its key %s is not one of the allowed ones", shown)
	case errors.Is(err, pgperrors.ErrKeyExpired), errors.Is(err, pgperrors.ErrSignatureExpired), errors.Is(err, pgperrors.ErrSignatureOlderThanKey):
		return Signer{}, fmt.Errorf("its key %s was not valid at %s", shown, when)
	case errors.Is(err, pgperrors.ErrKeyRevoked):
		return Signer{}, fmt.Errorf("its key %s is revoked", shown)
	}
	return Signer{}, fmt.Errorf("its signature by %s does not count: %w", shown, err)
}

// onlySignature reads a signature, which must be the only one: of several, each may be
// of somebody else.
func onlySignature(armored string) (signature *packet.Signature, packets []byte, err error) {
	block, err := armor.Decode(strings.NewReader(armored))
	if err != nil {
		return nil, nil, err
	}
	if packets, err = io.ReadAll(io.LimitReader(block.Body, maxSignature)); err != nil {
		return nil, nil, err
	}
	reader := packet.NewReader(bytes.NewReader(packets))
	first, err := reader.Next()
	if err != nil {
		return nil, nil, err
	}
	signature, ok := first.(*packet.Signature)
	if !ok || signature.IssuerKeyId == nil {
		return nil, nil, errors.New("it does not say whose it is")
	}
	if _, err := reader.Next(); !errors.Is(err, io.EOF) {
		return nil, nil, errors.New("there is more than one")
	}
	return signature, packets, nil
}

// maxSignature bounds a signature, in bytes.
const maxSignature = 64 << 10

// principalOf is the name that a key has for its owner.
func principalOf(entity *openpgp.Entity) string {
	_, identity := entity.PrimaryIdentity(time.Time{}, nil)
	if identity == nil {
		return "somebody without a name"
	}
	return identity.Name
}
