package profiles

// EraseEverything makes the car as new, for a sale: nobody is of it any more, and it has
// another identity. It makes no access document. The main user decides it, at the wheel
// (docs/erasure.md, Erase everything).
type EraseEverything struct{}

func (EraseEverything) revise(d *draft) error {
	if err := d.main(); err != nil {
		return err
	}
	return errUnchanged // of the list of people: there is none afterwards
}
