package server

import (
	"encoding/json"
	"io"
	"net/http"

	"glovebox/sim/console"
	"glovebox/sim/scenario"
)

// export is the session as a scenario, to be kept as a file.
func (s *Server) export(w http.ResponseWriter, _ *http.Request) {
	download(w, "text/plain; charset=utf-8", "session.txtar")
	_, _ = w.Write(s.world.Export())
}

// download makes an answer a file.
func download(w http.ResponseWriter, kind, name string) {
	w.Header().Set("Content-Type", kind)
	w.Header().Set("Content-Disposition", `attachment; filename="`+name+`"`)
}

// ledger is the rows that are retained, as JSON Lines.
func (s *Server) ledger(w http.ResponseWriter, _ *http.Request) {
	download(w, "application/jsonl", "ledger.jsonl")
	log, _, _ := s.shown()
	if log == nil {
		return
	}
	rows, _, _ := log.Since(0, console.Console)
	for _, row := range rows {
		if row.Kind == "ledger" {
			_, _ = w.Write(row.Data.(json.RawMessage))
			_, _ = io.WriteString(w, "\n")
		}
	}
}

// word is a word of the language and how it is used.
type word struct {
	Word  string `json:"word"`
	Usage string `json:"usage"`
}

// words are those of the language, by where they stand.
func words(w http.ResponseWriter, _ *http.Request) {
	all := map[string][]word{}
	for where, part := range map[string][]scenario.Word{
		"command": scenario.Commands(), "check": scenario.Checks(),
		"app": scenario.Actions("app"), "hmi": scenario.Actions("hmi"), "workshop": scenario.Actions("workshop"),
	} {
		for _, one := range part {
			all[where] = append(all[where], word{one.Word, one.Usage})
		}
	}
	writeJSON(w, all)
}

// town is the map, which never changes while it runs.
func (s *Server) town(w http.ResponseWriter, r *http.Request) {
	if s.options.Town == nil {
		http.NotFound(w, r)
		return
	}
	f, _ := s.files.kept("api/town.svg", func() ([]byte, error) { return s.options.Town(), nil })
	f.write(w, r)
}
