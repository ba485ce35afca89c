package server_test

import (
	"compress/gzip"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"glovebox/sim/console/server"
)

// The files of the page are given out, and no other.
func TestFiles(t *testing.T) {
	f := start(t, server.Options{Files: fstest.MapFS{
		"index.html": {Data: []byte("the page")}, "hmi/home.js": {Data: []byte("home")}, "style.css": {Data: []byte("style")},
		"embed.go": {Data: []byte("package web")}, "hmi/home_test.mjs": {Data: []byte("test")},
	}})
	for _, tt := range []struct{ path, want, kind string }{
		{"/", "the page", "text/html; charset=utf-8"},
		{"/view/hmi", "the page", "text/html; charset=utf-8"},
		{"/view/phone/anna", "the page", "text/html; charset=utf-8"},
		{"/hmi/home.js", "home", "text/javascript; charset=utf-8"},
		{"/style.css", "style", "text/css; charset=utf-8"},
		{"/embed.go", "", ""},
		{"/hmi/home_test.mjs", "", ""},
		{"/hmi", "", ""},
		{"/hmi/", "", ""},
		{"/nowhere.js", "", ""},
		{"/api/", "", ""},
	} {
		answer, text := f.get(tt.path)
		if tt.want == "" {
			if answer.StatusCode != http.StatusNotFound {
				t.Errorf("%s: %d %q", tt.path, answer.StatusCode, text)
			}
		} else if text != tt.want || answer.Header.Get("Content-Type") != tt.kind {
			t.Errorf("%s: %q, %s", tt.path, text, answer.Header.Get("Content-Type"))
		}
	}
}

// No name leads out of the folder, from a disk either.
func TestFilesOutside(t *testing.T) {
	dir := t.TempDir()
	inside := filepath.Join(dir, "web")
	if err := os.Mkdir(inside, 0o755); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"web/index.html", "secret.js"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte("text of "+name), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink("../secret.js", filepath.Join(inside, "link.js")); err != nil {
		t.Fatal(err)
	}
	root, err := os.OpenRoot(inside)
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	f := start(t, server.Options{Files: root.FS(), Live: true})
	if _, text := f.get("/index.html"); text != "text of web/index.html" {
		t.Fatalf("inside: %q", text)
	}
	for _, path := range []string{"/../secret.js", "/%2e%2e/secret.js", "/..%2fsecret.js", "/hmi/../../secret.js", "//secret.js", "/link.js", "/..%5csecret.js", "/view/../../secret.js"} {
		r := f.request(http.MethodGet, "/", "")
		r.URL.Opaque = path // as it stands
		if answer, text := f.do(r); strings.Contains(text, "secret.js\n") || strings.Contains(text, "text of secret") {
			t.Errorf("%s: %d %q", path, answer.StatusCode, text)
		}
	}
}

// What is read from a disk is as it stands there now; else it is read once.
func TestLive(t *testing.T) {
	for _, live := range []bool{false, true} {
		all := fstest.MapFS{"app.js": {Data: []byte("one")}}
		f := start(t, server.Options{Files: all, Live: live})
		f.get("/app.js")
		all["app.js"] = &fstest.MapFile{Data: []byte("two")}
		if _, text := f.get("/app.js"); (text == "two") != live {
			t.Errorf("live %v: %q", live, text)
		}
	}
}

// A browser that has a file is told so, and one that can unzip gets it zipped.
func TestZippedAndTagged(t *testing.T) {
	f := start(t, server.Options{})
	f.client.Transport = &http.Transport{DisableCompression: true}
	_, plain := f.get("/app.js")
	r := f.request(http.MethodGet, "/app.js", "")
	r.Header.Set("Accept-Encoding", "gzip, br")
	answer, err := f.client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	unzipped, err := gzip.NewReader(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	if text, err := io.ReadAll(unzipped); string(text) != plain || err != nil || answer.Header.Get("Vary") != "Accept-Encoding" {
		t.Errorf("zipped: %v, %q", err, text)
	}
	for _, zip := range []string{"", "gzip"} {
		r := f.request(http.MethodGet, "/app.js", "")
		r.Header.Set("Accept-Encoding", zip)
		first, _ := f.do(r)
		r.Header.Set("If-None-Match", first.Header.Get("ETag"))
		if again, text := f.do(r); again.StatusCode != http.StatusNotModified || text != "" {
			t.Errorf("the same again, %q: %d %q", zip, again.StatusCode, text)
		}
		r.Header.Set("If-None-Match", `"another"`)
		if again, _ := f.do(r); again.StatusCode != http.StatusOK {
			t.Errorf("an older one, %q: %d", zip, again.StatusCode)
		}
		if first.Header.Get("Cache-Control") != "no-cache" {
			t.Errorf("kept without asking: %q", first.Header.Get("Cache-Control"))
		}
	}
}
