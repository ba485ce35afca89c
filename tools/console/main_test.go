package main

import (
	"io"
	"strings"
	"testing"
)

const page = "A page.\n\n```console\n# name=Anna\n# cat <<END\n> hello $name\n>\n> END\nhello …a\n\n```\n\nLater:\n\n```console\n# echo \"$name\"; echo one; echo two >&2; echo three\nAnna\n…\nthree\n# printf end\nend\n```\n\n```sh\nfalse\n```\n"

// A page is played in one shell; what it says of each step is held against what came.
func TestPlay(t *testing.T) {
	log := &strings.Builder{}
	if err := play(page, log); err != nil || strings.Count(log.String(), "ok ") != 4 {
		t.Fatalf("%v\n%s", err, log)
	}
	for _, wrong := range [][2]string{{"hello …a", "hello …b"}, {"three\n#", "four\n#"}, {"end\n```", "```"}, {"…\n", ""}, {"# printf end", "# exit"}, {"# name=Anna", "name=Anna"}} {
		if err := play(strings.Replace(page, wrong[0], wrong[1], 1), io.Discard); err == nil {
			t.Errorf("with %q in the place of %q it passes", wrong[1], wrong[0])
		}
	}
}
