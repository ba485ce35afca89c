package agent_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"glovebox/profiles"
	"glovebox/telemetry/outside"
)

// probe drives a car at random and lets all three order and ask at random; what each
// of them is told, and in which second, is returned.
func probe(t *testing.T, seed uint64, begin func(*world)) (told []string) {
	w := enrolled(t)
	begin(w)
	draw := rand.New(rand.NewPCG(seed, 1))
	ctr, seen := uint64(0), 0
	boxes := map[profiles.ID]string{anna: annaBox, lea: leaBox, jonas: jonasBox}
	for range 40 {
		w.pass(time.Duration(1+draw.IntN(40))*time.Second, []float64{-1, 0, 50}[draw.IntN(3)])
		who := []profiles.ID{anna, lea, jonas}[draw.IntN(3)]
		if draw.IntN(4) == 0 {
			w.Ask(profiles.Ask{Mailbox: boxes[who], Key: phoneKey(who).Thumbprint(), Challenge: strings.Repeat("ab", 16)})
			w.CarryOut()
		} else {
			ctr++
			o := fresh(who, ctr, append(profiles.Verbs(), "honk")[draw.IntN(10)])
			o.epoch, o.exp = w.epoch(), int64(w.now.Boot-w.begun)/int64(time.Second)+int64(draw.IntN(70))
			w.order(o)
		}
		for _, r := range w.courier.sent[seen:] {
			if r.Kind() != outside.KindAck {
				continue
			}
			_, payload, err := r.Encode(outside.Seq{})
			if err != nil {
				t.Fatal(err)
			}
			text := "facts"
			if payload[0] == '{' {
				text = strings.TrimRight(string(payload), " ")
			}
			told = append(told, fmt.Sprintf("%s %s %s", w.now.Boot, r.Mailbox()[:2], text))
		}
		seen = len(w.courier.sent)
	}
	return told
}

// What is told of actions and asks does not depend on the level, on a guest or on
// who drives: all are the same as a car without a fix.
func TestAnswersAreBlindToTheDriver(t *testing.T) {
	as := func(who profiles.ID, level string, noFix bool) func(*world) {
		return func(w *world) {
			w.noFix = noFix
			w.login(who)
			if err := w.SetLevel(context.Background(), level); err != nil {
				w.t.Fatal(err)
			}
		}
	}
	located := 0
	for seed := range uint64(8) {
		synctest.Test(t, func(t *testing.T) {
			want := probe(t, seed, as(anna, "share", true))
			for name, begin := range map[string]func(*world){
				"no-position": as(anna, "no-position", false), "Lea": as(lea, "no-position", false),
				"a guest": func(w *world) {
					if _, err := w.StartGuest(context.Background(), false); err != nil {
						t.Fatal(err)
					}
				},
			} {
				if got := probe(t, seed, begin); !slices.Equal(got, want) {
					t.Fatalf("seed %d, %s:\n%s\nwithout a fix:\n%s", seed, name, strings.Join(got, "\n"), strings.Join(want, "\n"))
				}
			}
			if !slices.Equal(probe(t, seed, as(anna, "share", false)), want) {
				located++
			}
		})
	}
	if located == 0 {
		t.Error("a fix changes nothing: the comparison sees no place")
	}
}
