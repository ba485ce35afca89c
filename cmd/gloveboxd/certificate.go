package main

import (
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"os"
	"slices"
	"time"
)

// certificates says which of the certificates of TLS cannot be used at that time. Files
// that cannot be read are said elsewhere.
func (m MQTT) certificates(now time.Time) error {
	var all []error
	for _, of := range []struct{ key, file string }{{"mqtt.ca", m.CA}, {"mqtt.cert", m.Cert}} {
		text, err := os.ReadFile(of.file)
		if err != nil {
			continue
		}
		own := of.key == "mqtt.cert"
		for block, rest := pem.Decode(text); block != nil; block, rest = pem.Decode(rest) {
			c, err := x509.ParseCertificate(block.Bytes)
			if err != nil {
				continue
			}
			name := fmt.Sprintf("%s: the certificate of %q", of.key, c.Subject.CommonName)
			switch {
			case now.After(c.NotAfter):
				all = append(all, fmt.Errorf("%s expired on %s", name, c.NotAfter.UTC().Format(time.DateTime)))
			case now.Before(c.NotBefore):
				all = append(all, fmt.Errorf("%s is not valid before %s", name, c.NotBefore.UTC().Format(time.DateTime)))
			}
			if own && len(c.ExtKeyUsage) > 0 && !slices.Contains(c.ExtKeyUsage, x509.ExtKeyUsageClientAuth) && !slices.Contains(c.ExtKeyUsage, x509.ExtKeyUsageAny) {
				all = append(all, fmt.Errorf("%s is not one of a client", name))
			}
			own = false // what follows is who signed it
		}
	}
	return errors.Join(all...)
}
