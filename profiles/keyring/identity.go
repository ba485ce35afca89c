package keyring

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"glovebox/profiles"
	"glovebox/profiles/disk"
)

// identityFile holds both halves: the public one is also what tells a damaged
// file from another car's.
type identityFile struct {
	Secret json.RawMessage         `json:"secret"`
	Public profiles.PublicIdentity `json:"public"`
}

// IdentityName is the file in the state directory.
const IdentityName = "identity"

// Identity reads the car's identity from the file `identity` in dir. The error is
// fs.ErrNotExist where there is none; one that cannot be read is never taken for none:
// certificate and enrolment were made from it.
func Identity(dir string) (profiles.Identity, error) {
	return readIdentity(dir, false)
}

// KnownIdentity reads a file that is as Identity found it before: its halves are not
// held against each other again.
func KnownIdentity(dir string) (profiles.Identity, error) {
	return readIdentity(dir, true)
}

func readIdentity(dir string, known bool) (profiles.Identity, error) {
	path := filepath.Join(dir, IdentityName)
	if info, err := os.Stat(path); err == nil && !info.Mode().IsRegular() {
		return profiles.Identity{}, errors.New("read the identity: no file") // a pipe would be read for ever
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return profiles.Identity{}, fmt.Errorf("read the identity: %w", err)
	}
	identity, err := decodeIdentity(data, known)
	if err != nil {
		return profiles.Identity{}, fmt.Errorf("read the identity: %w", err)
	}
	return identity, nil
}

// NewIdentity makes an identity and its file in dir.
func NewIdentity(dir string) (profiles.Identity, error) {
	identity, err := profiles.NewIdentity()
	if err != nil {
		return profiles.Identity{}, err
	}
	return identity, WriteIdentity(dir, identity)
}

// WriteIdentity makes the file of identity in dir, in the place of whatever is there.
func WriteIdentity(dir string, identity profiles.Identity) error {
	secret, err := identity.Encode()
	if err != nil {
		return err
	}
	data, _ := json.Marshal(identityFile{secret, identity.Public()}) // both are encoded already
	if err := disk.Write(filepath.Join(dir, IdentityName), append(data, '\n')); err != nil {
		return fmt.Errorf("write the identity: %w", err)
	}
	return nil
}

// decodeIdentity tells errors without the text of the file.
func decodeIdentity(data []byte, known bool) (profiles.Identity, error) {
	var file identityFile
	if err := json.Unmarshal(data, &file); err != nil {
		return profiles.Identity{}, errors.New("the file is damaged: not as it was written")
	}
	decode := profiles.DecodeIdentity
	if known {
		decode = func(secret []byte) (profiles.Identity, error) {
			return profiles.DecodeKnownIdentity(secret, file.Public)
		}
	}
	identity, err := decode(file.Secret)
	if err != nil {
		return profiles.Identity{}, fmt.Errorf("the file is damaged: %w", err)
	}
	if identity.Public() != file.Public {
		return profiles.Identity{}, errors.New("the file is damaged: its halves do not belong together")
	}
	return identity, nil
}
