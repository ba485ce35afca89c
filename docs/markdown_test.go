package docs_test

import (
	"regexp"
	"strings"
)

// manual turns a Markdown page of ours into a man page. It knows what our pages use:
// headings, paragraphs, lists, tables and blocks of code. A table whose first cell is a
// word of code becomes a list of words; any other a list of its lines.
func manual(title, page string) string {
	out := &manPage{}
	out.line(title)
	lines := strings.Split(strings.TrimSpace(page), "\n")
	for i := 0; i < len(lines); i++ {
		line := strings.TrimSpace(lines[i])
		switch {
		case strings.HasPrefix(line, "```"):
			out.line(".PP", ".RS 4", ".EX")
			for i++; !strings.HasPrefix(lines[i], "```"); i++ {
				out.line(guarded(strings.ReplaceAll(escaped(lines[i]), "-", `\-`)))
			}
			out.line(".EE", ".RE")
			out.open = false
		case strings.HasPrefix(line, "## "):
			out.heading(".SS " + plainText(strings.TrimPrefix(line, "## ")))
		case strings.HasPrefix(line, "# "):
			out.heading(".SH " + strings.ToUpper(plainText(strings.TrimPrefix(line, "# "))))
		case line == "":
			out.open = out.begun
		case strings.HasPrefix(line, "|"):
			begin := i
			for i+1 < len(lines) && strings.HasPrefix(lines[i+1], "|") {
				i++
			}
			out.table(lines[begin : i+1])
		case strings.HasPrefix(line, "* "), strings.HasPrefix(line, "- "):
			out.line(`.IP \(bu 2`, guarded(inline(line[2:])))
			out.open = true
		default:
			if !out.open {
				out.line(".PP")
				out.open = true
			}
			out.line(guarded(inline(line)))
		}
	}
	return out.text.String()
}

type manPage struct {
	text  strings.Builder
	open  bool // text may follow without a new paragraph
	begun bool // a heading was the last
}

func (m *manPage) heading(line string) {
	m.line(line)
	m.open, m.begun = true, true
}

func (m *manPage) line(lines ...string) {
	m.begun = false
	for _, line := range lines {
		m.text.WriteString(line + "\n")
	}
}

// table writes a row as the word and what the other cells say of it, each with the
// name of its column but for the second.
func (m *manPage) table(rows []string) {
	head := cells(rows[0])
	for _, r := range rows[2:] {
		row := cells(r)
		m.line(".TP", inline(row[0]), guarded(inline(row[1])))
		for i := 2; i < len(row); i++ {
			if row[i] != "" {
				m.line(".br", guarded(escaped(sentence(head[i]))+": "+inline(row[i])))
			}
		}
	}
	m.open = false
}

func cells(row string) (all []string) {
	row = strings.TrimSuffix(strings.TrimPrefix(strings.TrimSpace(row), "|"), "|")
	for _, cell := range strings.Split(strings.ReplaceAll(row, `\|`, "\x00"), "|") {
		all = append(all, strings.ReplaceAll(strings.TrimSpace(cell), "\x00", "|"))
	}
	return all
}

var (
	code   = regexp.MustCompile("`([^`]*)`")
	strong = regexp.MustCompile(`\*\*([^*]+)\*\*`)
	link   = regexp.MustCompile(`\[([^\]]+)\]\([^)]+\)`)
	signs  = strings.NewReplacer("×", `\(mu`, "…", "...", "–", "-", "→", "->", "°", `\(de`, "‹", "<", "›", ">")
)

// inline writes code and strong words bold, and links as their text.
func inline(text string) string {
	text = escaped(link.ReplaceAllString(text, "$1"))
	text = strong.ReplaceAllString(text, `\fB$1\fR`)
	return code.ReplaceAllStringFunc(text, func(s string) string {
		return `\fB` + strings.ReplaceAll(strings.Trim(s, "`"), "-", `\-`) + `\fR`
	})
}

// plainText is a heading without marks.
func plainText(text string) string { return escaped(strings.ReplaceAll(text, "`", "")) }

func escaped(text string) string { return signs.Replace(strings.ReplaceAll(text, `\`, `\e`)) }

// guarded keeps a line of text from being read as a request.
func guarded(line string) string {
	if strings.HasPrefix(line, ".") || strings.HasPrefix(line, "'") {
		return `\&` + line
	}
	return line
}
