package browser

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/rs/cors"
	"golang.org/x/net/http/httpguts"

	"github.com/edgetoken/edgetoken/host/httpapi/csrf"
)

// CORS lets scripts of other origins call the node (Fetch standard, section "CORS protocol"). The zero value lets none.
type CORS struct {
	// Origins may call, as browsers send them: "https://app.example", or a domain and its subdomains:
	// "https://*.app.example", as in Config.TrustedOrigins. "*" is any origin, for a node without credentials.
	Origins []string
	// Credentials: their requests may carry cookies.
	Credentials bool
	// Headers are request headers that their scripts may set beside requestHeaders, such as "Traceparent"; "*": any.
	Headers []string
	// ExposeHeaders are response headers that their scripts may read beside answerHeaders, such as "X-Request-Id".
	ExposeHeaders []string
	// MaxAge is how long a browser may keep the answer to a preflight; 0: as long as it does by itself, 5 seconds.
	MaxAge time.Duration
}

// Validate names every mistake.
func (c CORS) Validate() error {
	var errs []error
	for _, origin := range c.Origins {
		if origin == "*" {
			if c.Credentials {
				errs = append(errs, errors.New(`httpapi: CORS.Origins: "*" with credentials would give every site `+
					`the customers' cookies: name the origins`))
			}
			continue
		}
		if err := csrf.CheckOrigin(origin); err != nil {
			errs = append(errs, fmt.Errorf("httpapi: CORS.Origins: %w", err))
		}
	}
	for _, list := range []struct {
		field string
		names []string
		any   bool
	}{{"Headers", c.Headers, true}, {"ExposeHeaders", c.ExposeHeaders, false}} {
		for _, name := range list.names {
			if name == "*" && list.any {
				continue
			}
			if !httpguts.ValidHeaderFieldName(name) || name == "*" {
				errs = append(errs, fmt.Errorf("httpapi: CORS.%s: %q is not the name of a header", list.field, name))
			}
		}
	}
	if c.MaxAge < 0 {
		errs = append(errs, errors.New("httpapi: CORS.MaxAge: must not be negative"))
	}
	return errors.Join(errs...)
}

// requestHeaders are what scripts of other origins may always set (django-cors-headers' default_headers), and
// answerHeaders what they may always read.
var (
	requestHeaders = []string{"Accept", "Authorization", "Content-Type", "User-Agent", csrf.Header, "X-Requested-With"}
	answerHeaders  = []string{"Retry-After", "X-Auth-Error"}
)

// Handler writes the headers of CORS, and answers preflights; nil if no other origin may call. authHeader is the header
// of tokens.
func (c CORS) Handler(authHeader string, methods []string) http.HandlerFunc {
	if len(c.Origins) == 0 {
		return nil
	}
	options := cors.Options{
		AllowedMethods:   methods,
		AllowedHeaders:   slices.Concat(requestHeaders, []string{authHeader}, c.Headers),
		ExposedHeaders:   slices.Concat(answerHeaders, c.ExposeHeaders),
		AllowCredentials: c.Credentials,
		MaxAge:           int(c.MaxAge / time.Second),
	}
	if slices.Contains(c.Origins, "*") {
		options.AllowedOrigins = []string{"*"}
	} else {
		// The library's own patterns know no parts of an origin.
		options.AllowOriginVaryRequestFunc = func(_ *http.Request, origin string) (bool, []string) {
			return csrf.OriginAmong(origin, c.Origins), nil
		}
	}
	return cors.New(options).HandlerFunc
}

// IsPreflight reports whether a browser asks if it may send a request for a page of another origin.
func IsPreflight(r *http.Request) bool {
	return r.Method == http.MethodOptions && r.Header.Get("Access-Control-Request-Method") != ""
}
