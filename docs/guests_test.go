package docs_test

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"strconv"
	"strings"
	"testing"
)

const (
	leavingBegins = "<!-- from agent/leaving.go: go test ./docs -update -->\n"
	leavingEnds   = "<!-- end -->\n"
)

// The drawing of the leaving states is made from the table that the agent goes by.
func TestLeavingDrawing(t *testing.T) {
	page := read(t, "docs/guests.md")
	before, rest, begins := strings.Cut(page, leavingBegins)
	_, after, ends := strings.Cut(rest, leavingEnds)
	if !begins || !ends {
		t.Fatal("guests.md has no place for the drawing")
	}
	want := before + leavingBegins + leavingDrawing(t) + leavingEnds + after
	if *update {
		if err := os.WriteFile("guests.md", []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	} else if page != want {
		t.Error("guests.md is stale: go test ./docs -update")
	}
}

// leavingDrawing draws the table moves of agent/leaving.go: its first state is where a
// session with the ignition on is, its last where nobody is.
func leavingDrawing(t *testing.T) string {
	file, err := parser.ParseFile(token.NewFileSet(), "leaving.go", read(t, "agent/leaving.go"), parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	words, table := map[string]string{}, []*ast.CompositeLit(nil)
	ast.Inspect(file, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if !ok {
			return true
		}
		for i, value := range spec.Values {
			switch value := value.(type) {
			case *ast.BasicLit:
				if text, err := strconv.Unquote(value.Value); err == nil {
					words[spec.Names[i].Name] = text
				}
			case *ast.CompositeLit:
				for _, row := range value.Elts {
					if row, ok := row.(*ast.CompositeLit); ok && spec.Names[i].Name == "moves" {
						table = append(table, row)
					}
				}
			}
		}
		return true
	})
	if len(table) < 10 {
		t.Fatalf("agent/leaving.go has %d transitions", len(table))
	}
	var out strings.Builder
	out.WriteString("\n```mermaid\nstateDiagram-v2\n")
	for _, row := range table {
		var cells []string
		for _, cell := range row.Elts {
			name, _ := cell.(*ast.Ident)
			if name == nil || words[name.Name] == "" {
				t.Fatalf("a cell of the table is no constant of the file: %v", cell)
			}
			cells = append(cells, words[name.Name])
		}
		fmt.Fprintf(&out, "    %s --> %s: %s\n", cells[0], cells[2], cells[1])
	}
	out.WriteString("```\n\n")
	return out.String()
}

// The page names every path that the detector listens to.
func TestLeavingPaths(t *testing.T) {
	page := read(t, "docs/guests.md")
	for _, path := range []string{"Vehicle.Cabin.Door.Row1.DriverSide.IsOpen", "Vehicle.Cabin.Door.Row1.DriverSide.IsLocked", "Vehicle.Cabin.Seat.Row1.DriverSide.IsBelted",
		"Vehicle.Powertrain.FuelSystem.IsFuelPortFlapOpen", "Vehicle.LowVoltageSystemState", "IsChargingCableConnected", "OccupancyStatus", "IsOccupied"} {
		if !strings.Contains(page, path) || !strings.Contains(read(t, "agent/leaving.go")+read(t, "agent/motion.go"), path) {
			t.Errorf("%s: not on the page, or not in the agent", path)
		}
	}
}
