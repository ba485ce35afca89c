// Fleet is a back end and a reader of a page each, written from docs/asyncapi.yaml: it
// shares no code with the agent. MQTT itself is left to mosquitto_pub and mosquitto_sub.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"strconv"
)

const usage = `fleet trust SECRETS                                     backend.jwks, for [cloud] trust
fleet document SECRETS IDENTITY VERSION [PREVIOUS]      a signed access document
fleet mailboxes SECRETS                                 NAME MAILBOX, a line each
fleet read SECRETS IDENTITY VERSION                     opens lines TOPIC HEX, as of mosquitto_sub -F '%t %x'
SECRETS is a file; it is made at the first call.`

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "fleet:", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	need := map[string]int{"trust": 2, "document": 4, "mailboxes": 2, "read": 4}
	if len(args) == 0 || need[args[0]] == 0 || len(args) < need[args[0]] {
		return fmt.Errorf("usage:\n%s", usage)
	}
	s, err := load(args[1])
	if err != nil {
		return err
	}
	switch args[0] {
	case "trust":
		return json.NewEncoder(os.Stdout).Encode(map[string]any{"keys": []jwk{signKey(s.BackEnd).jwk()}})
	case "mailboxes":
		fmt.Println("inbox", s.Inbox)
		for name, r := range s.Readers {
			fmt.Println(name, r.Mailbox)
		}
		return nil
	}
	car, err := readIdentity(args[2])
	if err != nil {
		return err
	}
	version, err := strconv.ParseUint(args[3], 10, 64)
	if err != nil {
		return fmt.Errorf("version: %w", err)
	}
	if args[0] == "document" {
		previous := ""
		if len(args) > 4 {
			text, err := os.ReadFile(args[4])
			if err != nil {
				return err
			}
			previous = string(text)
		}
		document, err := s.document(car, version, previous)
		fmt.Print(document) // no line break: the payload is the document and nothing else
		return err
	}
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		fmt.Println(s.open(car, version, lines.Text()))
	}
	return lines.Err()
}
