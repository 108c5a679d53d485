package httpapi

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/rs/cors"
)

// CORS lets pages of other origins call this node from scripts (Fetch standard, section "CORS protocol"). The zero value lets none.
type CORS struct {
	// Origins are those that may, as browsers send them: "https://app.example", or a domain and all below it: "https://*.app.example", as for
	// Browser.TrustedOrigins. "*" is any, for a node without credentials.
	Origins []string
	// Credentials lets their requests carry cookies.
	Credentials bool
	// MaxAge is how long a browser may keep the answer to a preflight; 0: as long as it does by itself, 5 seconds.
	MaxAge time.Duration
}

// Validate names every mistake.
func (c CORS) Validate() error {
	var errs []error
	for _, origin := range c.Origins {
		if origin == "*" {
			if c.Credentials {
				errs = append(errs, errors.New(`httpapi: CORS.Origins: "*" with credentials would give every site the customers' cookies: name the origins`))
			}
			continue
		}
		if err := checkOrigin(origin); err != nil {
			errs = append(errs, fmt.Errorf("httpapi: CORS.Origins: %w", err))
		}
	}
	if c.MaxAge < 0 {
		errs = append(errs, errors.New("httpapi: CORS.MaxAge: must not be negative"))
	}
	return errors.Join(errs...)
}

// handler writes the headers of CORS and answers preflights; nil where no other origin may call. authHeader is the header of tokens.
func (c CORS) handler(authHeader string) *cors.Cors {
	if len(c.Origins) == 0 {
		return nil
	}
	options := cors.Options{
		AllowedMethods:   methods,
		AllowedHeaders:   []string{"Accept", authHeader, "Authorization", "Content-Type", csrfHeader, "X-Requested-With"},
		ExposedHeaders:   []string{"Retry-After", "X-Auth-Error"},
		AllowCredentials: c.Credentials,
		MaxAge:           int(c.MaxAge / time.Second),
	}
	if slices.Contains(c.Origins, "*") {
		options.AllowedOrigins = []string{"*"}
	} else {
		// The library's own patterns know no parts of an origin.
		options.AllowOriginVaryRequestFunc = func(_ *http.Request, origin string) (bool, []string) { return originAmong(origin, c.Origins), nil }
	}
	return cors.New(options)
}

// isPreflight reports whether a browser asks whether it may send a request of a page of another origin, as the library tells it.
func isPreflight(r *http.Request) bool {
	return r.Method == http.MethodOptions && r.Header.Get("Access-Control-Request-Method") != ""
}
