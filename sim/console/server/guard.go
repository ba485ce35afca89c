package server

import (
	"crypto/subtle"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// policy is what a page may load and do: what lies here, and nothing from elsewhere. Panels
// set sizes and colours as styles.
const policy = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; connect-src 'self'; img-src 'self' data:; form-action 'none'; frame-ancestors 'self'; base-uri 'none'"

// tokenHeader says the token again in a request that changes something: no form and no
// link of another page can send it.
const tokenHeader = "X-Glovebox"

// guarded lets through who came by the address that was printed, and no page of another
// origin.
//
//	/?t=TOKEN ──▶ cookie, and away to / ──▶ everything that is read
//	                                    └─▶ with the header, what changes something
func (s *Server) guarded(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", policy)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cache-Control", "no-store") // files say otherwise
		cookie, err := r.Cookie(s.cookieName())
		switch {
		case !s.options.Anywhere && !slices.Contains(s.hosts, r.Host):
			// A name of elsewhere that leads here (DNS rebinding).
			http.Error(w, "This is not the address of the console.", http.StatusForbidden)
		case r.Header.Get("Origin") != "" && r.Header.Get("Origin") != "http://"+r.Host:
			http.Error(w, "This page is not the console's own.", http.StatusForbidden)
		case r.Method == http.MethodGet && isPage(r.URL.Path) && s.isToken(r.URL.Query().Get("t")):
			s.trade(w, r)
		case err != nil || !s.isToken(cookie.Value):
			http.Error(w, "Open the address that gloveboxsim serve printed, with all that stands behind the question mark.", http.StatusForbidden)
		case r.Method != http.MethodGet && r.Method != http.MethodHead && !s.isToken(r.Header.Get(tokenHeader)):
			http.Error(w, "The header "+tokenHeader+" is missing.", http.StatusForbidden)
		default:
			next.ServeHTTP(w, r)
		}
	})
}

// isToken compares in a time that tells nothing.
func (s *Server) isToken(said string) bool {
	return subtle.ConstantTimeCompare([]byte(said), []byte(s.token)) == 1
}

// cookieName has the port in it: cookies are a host's, and two worlds may be open.
func (s *Server) cookieName() string { return "glovebox-" + s.port() }

func isPage(path string) bool { return path == "/" || strings.HasPrefix(path, "/view/") }

// trade gives a cookie for the token, which no longer stands in the address then, nor in
// the history.
func (s *Server) trade(w http.ResponseWriter, r *http.Request) {
	http.SetCookie(w, &http.Cookie{Name: s.cookieName(), Value: s.token, Path: "/", HttpOnly: true, SameSite: http.SameSiteStrictMode})
	rest := r.URL.Query()
	rest.Del("t")
	to := url.URL{Path: r.URL.Path, RawQuery: rest.Encode()}
	http.Redirect(w, r, to.String(), http.StatusSeeOther)
}
