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

// Identity reads the car's identity from the file `identity` in dir, and makes
// one when there is none. A file that cannot be read is an error and never
// replaced: certificate and enrolment were made from it.
func Identity(dir string) (profiles.Identity, error) {
	return readIdentity(dir, false)
}

// KnownIdentity reads a file that is as Identity found it before: its halves are not
// held against each other again.
func KnownIdentity(dir string) (profiles.Identity, error) {
	return readIdentity(dir, true)
}

func readIdentity(dir string, known bool) (profiles.Identity, error) {
	data, err := os.ReadFile(filepath.Join(dir, IdentityName))
	if errors.Is(err, os.ErrNotExist) {
		return newIdentity(dir)
	}
	if err != nil {
		return profiles.Identity{}, fmt.Errorf("read the identity: %w", err)
	}
	identity, err := decodeIdentity(data, known)
	if err != nil {
		return profiles.Identity{}, fmt.Errorf("read the identity: %w", err)
	}
	return identity, nil
}

func newIdentity(dir string) (profiles.Identity, error) {
	identity, err := profiles.NewIdentity()
	if err != nil {
		return profiles.Identity{}, err
	}
	secret, err := identity.Encode()
	if err != nil {
		return profiles.Identity{}, err
	}
	data, err := json.Marshal(identityFile{secret, identity.Public()})
	if err != nil {
		return profiles.Identity{}, err
	}
	if err := disk.Write(filepath.Join(dir, IdentityName), append(data, '\n')); err != nil {
		return profiles.Identity{}, fmt.Errorf("write the identity: %w", err)
	}
	return identity, nil
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
