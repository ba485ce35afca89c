package server

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"io/fs"
	"net/http"
	"path"
	"strings"
	"sync"
)

// page is the file that is the page.
const page = "index.html"

// kinds are what belongs to a page, by its ending. Other files are not given out.
var kinds = map[string]string{
	".html": "text/html; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".css": "text/css; charset=utf-8",
	".svg": "image/svg+xml", ".png": "image/png", ".ico": "image/x-icon", ".woff2": "font/woff2", ".json": "application/json", ".txt": "text/plain; charset=utf-8",
}

// files gives out those of the page.
type files struct {
	from fs.FS
	live bool // they are read each time

	mu  sync.Mutex
	all map[string]*file // guarded by mu; that were asked for, by name
}

// file is one, ready to be sent.
type file struct {
	kind   string
	plain  []byte
	zipped []byte // nil where that is no shorter
	tag    string
}

func newFile(name string, plain []byte) *file {
	sum := sha256.Sum256(plain)
	f := &file{kind: kinds[path.Ext(name)], plain: plain, tag: hex.EncodeToString(sum[:8])}
	var short bytes.Buffer
	zip, _ := gzip.NewWriterLevel(&short, gzip.BestCompression) // a level that there is
	_, _ = zip.Write(plain)                                     // to memory
	_ = zip.Close()
	if short.Len() < len(plain) {
		f.zipped = short.Bytes()
	}
	return f
}

// kept is a file that is read once.
func (all *files) kept(name string, read func() ([]byte, error)) (*file, error) {
	all.mu.Lock()
	defer all.mu.Unlock()
	if f := all.all[name]; f != nil && !all.live {
		return f, nil
	}
	text, err := read()
	if err != nil {
		return nil, err
	}
	if all.all == nil {
		all.all = map[string]*file{}
	}
	all.all[name] = newFile(name, text)
	return all.all[name], nil
}

// serve gives out a file of the page, by its name in the folder.
func (all *files) serve(w http.ResponseWriter, r *http.Request, name string) {
	if kinds[path.Ext(name)] == "" || !fs.ValidPath(name) {
		http.NotFound(w, r)
		return
	}
	f, err := all.kept(name, func() ([]byte, error) { return fs.ReadFile(all.from, name) })
	if err != nil {
		http.NotFound(w, r)
		return
	}
	f.write(w, r)
}

// write sends a file, zipped if that is understood, or that it is the one that is there
// already (RFC 9110, 13.1.2).
func (f *file) write(w http.ResponseWriter, r *http.Request) {
	body, tag := f.plain, `"`+f.tag+`"`
	h := w.Header()
	h.Set("Content-Type", f.kind)
	h.Set("Cache-Control", "no-cache") // kept, but asked for each time
	h.Set("Vary", "Accept-Encoding")
	if f.zipped != nil && strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
		body, tag = f.zipped, `"`+f.tag+`-gzip"`
		h.Set("Content-Encoding", "gzip")
	}
	h.Set("ETag", tag)
	if r.Header.Get("If-None-Match") == tag {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	_, _ = w.Write(body)
}
