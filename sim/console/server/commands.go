package server

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"slices"
	"strings"

	"glovebox/sim/scenario"
)

// answer is what becomes of a line.
type answer struct {
	OK      bool   `json:"ok"`
	Got     string `json:"got,omitempty"`
	Line    string `json:"line,omitempty"`    // that went wrong
	Error   string `json:"error,omitempty"`   // why, as a sentence
	Near    string `json:"near,omitempty"`    // the word that may have been meant
	Refused bool   `json:"refused,omitempty"` // by whoever was asked: nothing is wrong with the line
}

// mostBody is how long a line may be, in bytes.
const mostBody = 4 << 10

// line reads the body of a request: one line. If it is none the answer was given.
func line(w http.ResponseWriter, r *http.Request) (string, bool) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, mostBody))
	if _, large := errors.AsType[*http.MaxBytesError](err); large {
		http.Error(w, "The line is too long.", http.StatusRequestEntityTooLarge)
		return "", false
	}
	text := strings.TrimSpace(string(body))
	if err != nil || text == "" || strings.ContainsAny(text, "\r\n") {
		http.Error(w, "Want one line.", http.StatusBadRequest)
		return "", false
	}
	return text, true
}

// command plays a line of the scenario language: the one door in.
func (s *Server) command(ctx context.Context, w http.ResponseWriter, r *http.Request) {
	text, ok := line(w, r)
	if !ok {
		return
	}
	result, err := s.world.Do(ctx, text)
	switch {
	case err != nil:
		a := answer{Line: text, Error: strings.TrimPrefix(err.Error(), scenario.ErrLine.Error()+": ")}
		if u, is := errors.AsType[*scenario.Unmeant](err); is {
			a.Near = u.Near
		}
		writeJSON(w, a)
	case !result.OK || result.Refused:
		writeJSON(w, answer{Line: result.Text, Error: result.Got, Refused: result.Refused})
	default:
		writeJSON(w, answer{OK: true, Got: result.Got})
	}
}

// playWords are what can be done with the scenario that plays.
var playWords = []string{"pause", "go", "next", "restart"}

func (s *Server) play(w http.ResponseWriter, r *http.Request) {
	text, ok := line(w, r)
	if !ok {
		return
	}
	word, name, _ := strings.Cut(text, " ")
	name = strings.TrimSpace(name)
	known := func(sc Scenario) bool { return sc.Name == name }
	var err error
	switch {
	case !slices.Contains(playWords, word) || name != "" && word != "restart":
		err = errors.New("want pause, go, next, restart or restart NAME")
	case name != "" && !slices.ContainsFunc(s.world.Scenarios(), known): // never a path
		err = errors.New("there is no such scenario")
	default:
		err = s.world.Play(word, name)
	}
	if err != nil {
		writeJSON(w, answer{Line: text, Error: err.Error()})
		return
	}
	writeJSON(w, answer{OK: true})
}

// writeJSON answers; whoever is gone does not read it.
func writeJSON(w http.ResponseWriter, v any) {
	text, err := json.Marshal(v)
	if err != nil {
		panic(err) // texts and numbers always marshal
	}
	w.Header().Set("Content-Type", "application/json")
	_, _ = w.Write(text)
}
