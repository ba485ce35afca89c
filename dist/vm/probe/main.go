// Probe is what the guest scripts of dist/vm cannot do in shell: call every member,
// look into memory, keep calling over an exchange of the process, do what a power cut interrupts.
package main

import (
	"fmt"
	"os"
	"strconv"
)

const usage = `probe members DIR                 each method and property of DIR/*.xml: allowed, or refused
probe memory PID WORD...          how often each word is in the memory of a process, and in how many mappings
probe calls N                     guests come and go, and calls go on: N of them over the exchanges, and how many failed
probe sandbox                     what the sandbox lets through
probe scan IMAGE LIST             the lines of LIST that are somewhere in IMAGE
probe play PAGE                   the console blocks of a page, word by word
probe work once|forever KIND...   what a power cut interrupts: settings, login, removal, guest, exchange
`

func main() {
	if len(os.Args) < 2 {
		fmt.Fprint(os.Stderr, usage)
		os.Exit(2)
	}
	var err error
	switch args := os.Args[2:]; {
	case os.Args[1] == "members" && len(args) == 1:
		err = members(args[0])
	case os.Args[1] == "memory" && len(args) > 1:
		err = memory(args[0], args[1:])
	case os.Args[1] == "calls" && len(args) == 1:
		err = calls(number(args[0]))
	case os.Args[1] == "sandbox":
		sandbox()
	case os.Args[1] == "scan" && len(args) == 2:
		err = scan(args[0], args[1])
	case os.Args[1] == "play" && len(args) == 1:
		err = play(args[0])
	case os.Args[1] == "work" && len(args) > 1:
		err = does(args[1:], args[0] == "forever")
	default:
		fmt.Fprint(os.Stderr, usage)
		os.Exit(2)
	}
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
}

func number(s string) int {
	n, err := strconv.Atoi(s)
	if err != nil {
		fmt.Println(err)
		os.Exit(2)
	}
	return n
}
