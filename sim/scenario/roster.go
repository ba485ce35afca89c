package scenario

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"glovebox/headunit"
	"glovebox/profiles"
	"glovebox/sim/cloud"
)

// contact is how somebody is reached whom the main user names at the wheel.
func contact(name string) map[string]any {
	return map[string]any{"name": name, "email": name + "@example.com", "mobile": "+12025550150"}
}

// decide calls a method of Roster1, and where the back end can hear of it returns when it
// has.
func (s *stage) decide(ctx context.Context, method string, options map[string]any, args ...any) (string, error) {
	before := s.world.Cloud.OfCar()
	answer, err := s.world.HMI.CallWith(ctx, "", "Roster1."+method, options, args...)
	if err == nil && s.world.Tap.Passes() && (s.hidden == nil || !s.hidden.offline) {
		heard, cancel := context.WithTimeout(ctx, 3*time.Second)
		defer cancel()
		_ = s.world.Cloud.Wait(heard, func() bool { return s.world.Cloud.OfCar() > before }) // nothing may have changed
	}
	return inWords(answer), errors.Join(err, ctx.Err())
}

// inWords is an answer in words; of a receipt, what became of each store.
func inWords(answer []any) string {
	if len(answer) == 1 {
		receipt, _ := answer[0].(map[string]any)
		if stores, ok := receipt["stores"].([]any); ok { // as headunit.Plain makes it
			all := []string{}
			for _, one := range stores {
				store, _ := one.(map[string]any)
				all = append(all, fmt.Sprintf("%v: %v before, %v after, %v", store["name"], store["before"], store["after"], store["result"]))
			}
			return strings.Join(all, "; ")
		}
	}
	return strings.Trim(fmt.Sprint(answer...), "[]")
}

// backEndErrors are the names that expect error takes.
var backEndErrors = []struct {
	err  error
	name string
}{
	{profiles.ErrInvitationWrong, "CodeWrong"}, {profiles.ErrCodeWrong, "CodeWrong"}, {profiles.ErrInvitationExpired, "CodeExpired"},
	{profiles.ErrInvitationVoid, "CodeVoid"}, {cloud.ErrWarning, "Warning"}, {profiles.ErrRosterFull, "RosterFull"},
	{profiles.ErrNotPermitted, "NotPermitted"}, {profiles.ErrInvalid, "InvalidArgument"}, {profiles.ErrLockedOut, "LockedOut"},
}

// refused gives an error of the back end the name that expect error takes.
func refused(err error) error {
	if err == nil {
		return nil
	}
	for _, row := range backEndErrors {
		if errors.Is(err, row.err) {
			return &headunit.Refusal{Name: row.name, Message: err.Error()}
		}
	}
	return &headunit.Refusal{Name: "Refused", Message: err.Error()}
}
