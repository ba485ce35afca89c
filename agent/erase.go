package agent

import (
	"glovebox/profiles"
	"glovebox/telemetry"
)

// eraseAll erases everything; after is told what that erased. A receipt without a method
// says that nothing was begun.
func eraseAll(after func(profiles.Receipt, error)) effect {
	var receipt profiles.Receipt
	return effect{what: "erase everything", after: func(err error) { after(receipt, err) }, do: func(w *world) (err error) {
		receipt, err = w.erase()
		return err
	}}
}

// Hide has the car take the end of its last drive for hidden: it knows no more of it.
func Hide(facts Facts) error {
	return facts.SetCarFact(factGate, []byte(telemetry.HiddenEnd))
}
