// Fleet is a back end, a reader and a phone of a page each, written from docs/asyncapi.yaml: it
// shares no code with the agent. MQTT itself is left to mosquitto_pub and mosquitto_sub.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
)

const usage = `fleet trust SECRETS                                     backend.jwks, for [cloud] trust
fleet document SECRETS IDENTITY VERSION [PREVIOUS]      a signed access document
fleet mailboxes SECRETS                                 NAME MAILBOX, a line each
fleet read SECRETS IDENTITY VERSION                     opens lines TOPIC HEX, as of mosquitto_sub -F '%t %x'
fleet ask SECRETS NAME CHALLENGE                        what a phone asks before an order; 32 hex digits, new for each
fleet order SECRETS IDENTITY NAME CHALLENGE ACT [ARGS]  a signed order, once the answer is among such lines
SECRETS is a file; it is made at the first call.`

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "fleet:", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	need := map[string]int{"trust": 2, "document": 4, "mailboxes": 2, "read": 4, "ask": 4, "order": 6}
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
	case "ask":
		text, err := s.ask(args[2], args[3])
		fmt.Print(text)
		return err
	}
	car, err := readIdentity(args[2])
	if err != nil {
		return err
	}
	if args[0] == "order" {
		text, err := s.order(car, args[3], args[4], args[5], strings.Join(args[6:], " "), os.Stdin)
		fmt.Print(text)
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
	lines := scan(os.Stdin)
	for lines.Scan() {
		fmt.Println(s.open(car, version, lines.Text()))
	}
	return lines.Err()
}

// scan reads lines as long as the broker's messages may be.
func scan(from io.Reader) *bufio.Scanner {
	lines := bufio.NewScanner(from)
	lines.Buffer(nil, 1<<20)
	return lines
}
