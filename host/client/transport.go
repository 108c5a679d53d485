package client

import (
	"io"
	"net/http"
)

// RoundTrip sends a request with the access token, if it is for the server or one of Config.Origins and has no
// Authorization header of its own. Where the answer is 401 and another token may fare better, it gets one and sends the
// request again, once; a body is sent again if the request has GetBody, as http.NewRequest sets it for bodies in
// memory. The error is ErrLoggedOut if nobody is logged in, or the session has ended.
func (c *Client) RoundTrip(request *http.Request) (*http.Response, error) {
	if request.URL == nil || !c.origins[origin(request.URL)] || request.Header.Get("Authorization") != "" {
		return c.cfg.Transport.RoundTrip(request)
	}
	access, err := c.Token(request.Context())
	if err != nil {
		closeBody(request)
		return nil, err
	}
	answer, err := c.send(c.withToken(request, access))
	if err != nil || answer.StatusCode != http.StatusUnauthorized || !c.refuse(request.Context(), access) {
		return answer, err
	}
	again := request.Clone(request.Context())
	if request.Body != nil && request.Body != http.NoBody {
		if request.GetBody == nil {
			return answer, nil // the next request has another token
		}
		if again.Body, err = request.GetBody(); err != nil {
			return answer, nil
		}
	}
	fresh, err := c.Token(request.Context())
	if err == nil && fresh == access {
		closeBody(again)
		return answer, nil
	}
	_, _ = io.CopyN(io.Discard, answer.Body, maxDrained) // so that its connection can be used again
	answer.Body.Close()
	if err != nil {
		closeBody(again)
		return nil, err
	}
	return c.send(c.withToken(again, fresh))
}

// send sends a request, and looks at the clock.
func (c *Client) send(request *http.Request) (*http.Response, error) {
	sent := readClocks()
	answer, err := c.cfg.Transport.RoundTrip(request)
	if err == nil {
		c.clock.heard(sent, readClocks(), answer.Header, request.Method != http.MethodPost)
	}
	return answer, err
}

const maxDrained = 64 << 10

// withToken is a copy: RoundTrip may not change a request.
func (c *Client) withToken(request *http.Request, access string) *http.Request {
	clone := request.Clone(request.Context())
	if clone.Header == nil {
		clone.Header = http.Header{}
	}
	clone.Header.Set("Authorization", c.authorization(access))
	return clone
}

// authorization is the header for a token.
func (c *Client) authorization(access string) string { return c.cfg.Scheme + " " + access }

func closeBody(request *http.Request) {
	if request.Body != nil {
		request.Body.Close()
	}
}
