package profiles

// Step is one step of how a person comes into a car and leaves it.
type Step struct {
	Role     Role
	From, To State // NoState: not of this car
	Change   ChangeKind
}

// steps are all there are. A document that takes a person another way changes a state,
// which only the main user may do.
var steps = []Step{
	{Secondary, NoState, Invited, Added},
	{Secondary, Invited, Confirmed, Accepted},
	{Secondary, Invited, Active, Accepted}, // where the model asks for nothing more
	{Secondary, Confirmed, Active, Activated},
	{Secondary, AwaitingActivation, Active, Activated},
	{Main, NoState, Active, Enrolled},
	{Main, NoState, AwaitingActivation, MainArrived},
	{Main, Active, AwaitingActivation, MainRekeyed},
	{Main, AwaitingActivation, Active, MainActivated},
}

// Steps lists them, for the drawing in docs/people.md: those of secondary users first, and
// behind the others that everybody is removed.
func Steps() []Step {
	all := append([]Step{}, steps...)
	return append(all, Step{Secondary, Active, NoState, Removed}, Step{Main, Active, NoState, Removed})
}

// By says whose word a step needs: who may sign a document that takes it.
func (s Step) By() []SignerKind { return rights()[s.Change] }

// stepOf is the change that takes a person of a role from one state to another; none if
// there is no such step.
func stepOf(role Role, from, to State) ChangeKind {
	for _, s := range steps {
		if s.Role == role && s.From == from && s.To == to {
			return s.Change
		}
	}
	return ""
}
