package profiles

import "fmt"

// ResetPIN takes a secondary user's PIN away, who forgot it: they log in without one and
// set another. What is theirs stays as it is.
type ResetPIN struct{ Who ID }

func (v ResetPIN) revise(d *draft) error {
	u, err := d.other(v.Who)
	switch {
	case err != nil:
		return err
	case u.State != Active:
		return fmt.Errorf("%w: who has not come in yet has no PIN here", ErrNotPermitted)
	case u.Verifier.IsZero():
		return errUnchanged
	}
	u.Verifier, u.Sealed = Verifier{}, ""
	return nil
}
