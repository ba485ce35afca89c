package main

import (
	"context"
	_ "embed"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/alecthomas/kong"
)

type completionCmd struct {
	Shell string   `arg:"" enum:"bash,zsh,fish" help:"bash, zsh or fish."`
	Words []string `arg:"" optional:"" help:"Words of a command line: what the last can become, a line each. The scripts ask so."`
}

// completing is the command for which the agent need not be there.
const completing = "completion "

//go:embed completion.bash
var bashScript string

//go:embed completion.zsh
var zshScript string

//go:embed completion.fish
var fishScript string

// Run prints the script of a shell, or what the last word can become.
func (c *completionCmd) Run(a *app) error {
	if len(c.Words) == 0 {
		_, err := fmt.Fprint(a.out, map[string]string{"bash": bashScript, "zsh": zshScript, "fish": fishScript}[c.Shell])
		return err
	}
	// Who types waits: an agent that is slow completes nothing.
	ctx, cancel := context.WithTimeout(a.ctx, time.Second)
	defer cancel()
	a.ctx = ctx
	last := c.Words[len(c.Words)-1]
	for _, word := range a.candidates(c.Words[:len(c.Words)-1]) {
		asked := strings.HasPrefix(last, "-") || !strings.HasPrefix(word, "-") // options only when one is begun
		if asked && strings.HasPrefix(strings.ToLower(word), strings.ToLower(last)) {
			fmt.Fprintln(a.out, word)
		}
	}
	return nil
}

// candidates are what may follow the words of a command line.
func (a *app) candidates(before []string) []string {
	at, given := a.model.Node, 0
	value := "" // of this option a value follows
	for _, word := range before {
		name, _, whole := strings.Cut(word, "=")
		switch below := child(at, word); {
		case value != "":
			value = ""
		case strings.HasPrefix(word, "--"):
			if f := option(at, name); f != nil && !f.IsBool() && !whole {
				value = f.Name
			}
		case below != nil:
			at = below
		default:
			given++
		}
	}
	if value != "" {
		return a.values(value, nil)
	}
	var words []string
	for _, below := range at.Children {
		words = append(words, below.Name)
	}
	if given < len(at.Positional) {
		words = append(words, a.values(at.Positional[given].Name, before)...)
	}
	for _, group := range at.AllFlags(true) {
		for _, f := range group {
			words = append(words, "--"+f.Name)
		}
	}
	return words
}

func child(at *kong.Node, name string) *kong.Node {
	for _, below := range at.Children {
		if below.Name == name {
			return below
		}
	}
	return nil
}

func option(at *kong.Node, name string) *kong.Flag {
	for _, group := range at.AllFlags(false) {
		for _, f := range group {
			if "--"+f.Name == name {
				return f
			}
		}
	}
	return nil
}

// values are those of an argument or an option by its name; people, groups and keys
// are asked for. Where the agent does not answer there are none.
func (a *app) values(name string, before []string) []string {
	if a.Client == nil {
		return nil
	}
	switch name {
	case "name|id", "reader":
		names, _ := a.readerNames()
		all := slices.Sorted(maps.Values(names))
		if name == "reader" {
			all = append(all, "workshop", "backend")
		}
		return all
	case "function":
		session, _ := a.Properties(a.ctx, "Session1")
		all, _ := session["Functions"].([]string)
		return all
	case "group":
		all, _ := a.Groups(a.ctx)
		return all
	case "key[=value]":
		keys, _ := a.Describe(a.ctx, before[len(before)-1])
		var all []string
		for _, key := range keys {
			all = append(all, fmt.Sprint(key["key"]))
		}
		return all
	case "trip":
		trips, _ := a.Trips(a.ctx, map[string]any{"limit": uint32(20)})
		all := []string{"all"}
		for _, t := range trips {
			all = append(all, fmt.Sprint(t["trip"]))
		}
		return all
	case "id":
		entries, _ := a.Ledger(a.ctx, map[string]any{"limit": uint32(20)})
		var all []string
		for _, e := range entries {
			all = append(all, fmt.Sprint(e["id"]))
		}
		return all
	}
	return map[string][]string{
		"sharing": {"shared", "limited"}, "what": {"everything"},
		"level": {"share", "no-position", "offline"}, "shell": {"bash", "zsh", "fish"}, "bus": {"system", "session"},
		"kind": {"status", "position", "alarms", "trips", "messages", "gaps", "ack"}, "outcome": {"published", "reduced", "withheld", "purged"},
	}[name]
}
