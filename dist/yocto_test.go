package dist_test

import (
	"crypto/md5"
	"crypto/sha256"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode"
)

const recipes = "yocto/meta-glovebox/recipes-connectivity/glovebox/"

// archive is a module's file in a module cache: the proxy protocol writes capitals with an exclamation mark.
func (m module) archive(cache, ext string) string {
	escaped := strings.Builder{}
	for _, r := range m.Path {
		if unicode.IsUpper(r) {
			escaped.WriteByte('!')
		}
		escaped.WriteRune(unicode.ToLower(r))
	}
	return filepath.Join(cache, "cache/download", escaped.String(), "@v", m.Version+ext)
}

// moduleCache is where the go command keeps modules.
func moduleCache(t *testing.T) string { return strings.TrimSpace(output(t, "go", "env", "GOMODCACHE")) }

// The recipe fetches the modules that the programs are made of, and no other, each with its checksum and its licence.
func TestRecipeHasTheModules(t *testing.T) {
	modules, cache := linked(t, nil, carPrograms...), moduleCache(t)
	const head = "# Written by go test ./dist -update.\n"
	mods, licences, names := head+"SRC_URI += \"\\\n", "", []string{"Apache-2.0"}
	for _, m := range modules {
		zip, err := os.ReadFile(m.archive(cache, ".zip"))
		if err != nil {
			t.Fatal(err)
		}
		mods += fmt.Sprintf("    gomod://%s;version=%s;sha256sum=%x \\\n", m.Path, m.Version, sha256.Sum256(zip))
		licences += fmt.Sprintf("    file://pkg/mod/%s@%s/%s;md5=%s;spdx=%s \\\n", m.Path, m.Version, m.file, m.md5(), m.spdx)
		names = append(names, m.spdx)
	}
	slices.Sort(names)
	licences = head + "LICENSE = \"" + strings.Join(slices.Compact(names), " & ") + "\"\nLIC_FILES_CHKSUM += \"\\\n" + licences + "\"\n"
	for file, text := range map[string]string{"glovebox-go-mods.inc": mods + "\"\n", "glovebox-licenses.inc": licences} {
		if *update {
			write(t, recipes+file, text)
		} else if read(t, "dist/"+recipes+file) != text {
			t.Errorf("%s is not of go.mod: go test ./dist -update", file)
		}
	}
}

// The list is enough: with these modules and no network the go command finds every package, as each stands in go.sum.
func TestRecipeNeedsNoNetwork(t *testing.T) {
	fetched := regexp.MustCompile(`gomod://(\S+?);version=(\S+?);sha256sum=([0-9a-f]{64}) `).FindAllStringSubmatch(read(t, "dist/"+recipes+"glovebox-go-mods.inc"), -1)
	from, to, sums := moduleCache(t), t.TempDir(), read(t, "go.sum")
	for _, f := range fetched {
		m := module{Path: f[1], Version: f[2]}
		if !strings.Contains(sums, "\n"+m.Path+" "+m.Version+" h1:") && !strings.HasPrefix(sums, m.Path+" "+m.Version+" h1:") {
			t.Errorf("%s %s is not in go.sum", m.Path, m.Version)
		}
		for _, ext := range []string{".zip", ".mod", ".info", ".ziphash"} {
			if text, err := os.ReadFile(m.archive(from, ext)); err == nil {
				write(t, m.archive(to, ext), string(text))
			} else if ext == ".zip" || ext == ".mod" {
				t.Fatal(err)
			}
		}
		if zip, _ := os.ReadFile(m.archive(to, ".zip")); fmt.Sprintf("%x", sha256.Sum256(zip)) != f[3] {
			t.Errorf("%s %s has another checksum", m.Path, m.Version)
		}
	}
	env := []string{"GOMODCACHE=" + to, "GOPROXY=off", "GOSUMDB=off", "GOFLAGS=-mod=readonly -modcacherw"}
	if found := linked(t, env, carPrograms...); len(found) != len(fetched) || len(found) < 10 {
		t.Errorf("%d modules, fetched %d", len(found), len(fetched))
	}
}

// The recipe has one revision, the project's licence, no network while it compiles, and installs what the package does.
func TestRecipe(t *testing.T) {
	recipe := read(t, "dist/"+only(t, recipes+"*.bb"))
	for _, want := range []string{`SRCREV = "[0-9a-f]{40}"`, `CGO_ENABLED = "0"`, `GO_LINKSHARED = ""`, `SYSTEMD_SERVICE:\$\{PN\} = "gloveboxd.service"`,
		fmt.Sprintf(`LICENSE;md5=%x"`, md5.Sum([]byte(read(t, "LICENSE"))))} {
		if !regexp.MustCompile(want).MatchString(recipe) {
			t.Errorf("no %s", want)
		}
	}
	for _, no := range []string{"AUTOREV", "[network]"} {
		if strings.Contains(recipe, no) {
			t.Errorf("%s in the recipe", no)
		}
	}
	for _, file := range regexp.MustCompile(`file://([a-z]\S+) `).FindAllStringSubmatch(recipe, -1) {
		if _, err := os.Stat(file[1]); err != nil {
			t.Error(err)
		}
		if !strings.Contains(recipe, "${FROM}/"+file[1]) {
			t.Errorf("%s is fetched and not installed", file[1])
		}
	}
	for _, user := range strings.Fields("glovebox glovebox-hmi glovebox-app") {
		if !regexp.MustCompile(`(?m)^[ug] `+user+` -`).MatchString(read(t, "dist/sysusers.d/glovebox.conf")) || !regexp.MustCompile(`(--system|nologin) `+user+`[";]`).MatchString(recipe) {
			t.Errorf("%s: the recipe and sysusers differ", user)
		}
	}
	listed := read(t, "dist/testdata/glovebox.list")
	for _, line := range regexp.MustCompile(`(?m)^-rw-r--r-- root/root \.(/usr/lib\S+|/usr/share/dbus-1/system\S+|/usr/share/glovebox/systemd\S+)$`).FindAllStringSubmatch(listed, -1) {
		if !strings.Contains(recipe, "/"+filepath.Base(line[1])) {
			t.Errorf("the package has %s, the recipe not", line[1])
		}
	}
}
