package httpapi_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/edgetoken/edgetoken/core"
	"github.com/edgetoken/edgetoken/host/httpapi"
	"github.com/edgetoken/edgetoken/store"
)

// openOffice opens a shop with so many customers, ana included. She is staff, and header has her access token.
func openOffice(t *testing.T, customers int) (s *shop, header string) {
	t.Helper()
	s = openShop(t, nil)
	if _, err := s.store.Set(t.Context(), core.Integer(7), store.Change{IsStaff: new(true)}, 0); err != nil {
		t.Fatal(err)
	}
	var list []store.NewCustomer
	for i := range customers - 1 {
		list = append(list, store.NewCustomer{
			ID: core.Integer(int64(100 + i)), Email: fmt.Sprintf("%d@example.com", i), FirstName: strings.Repeat("é",
				i%7), IsActive: i%2 == 0,
		})
	}
	if _, err := s.store.AddAll(t.Context(), list); err != nil {
		t.Fatal(err)
	}
	_, access := s.login(t)
	return s, "Authorization: Bearer " + access
}

// TestCustomerList checks that a list of several pages is one array, compact or indented as the client asks.
func TestCustomerList(t *testing.T) {
	for _, n := range []int{1, 2, httpapi.ListPage - 1, httpapi.ListPage, httpapi.ListPage + 1, 2 * httpapi.ListPage,
		5*httpapi.ListPage + 3} {
		t.Run(fmt.Sprint(n), func(t *testing.T) {
			s, header := openOffice(t, n)
			answer, body := s.ask(t, "GET", "/customers/", "", header)
			var got []struct {
				ID    int64
				Email string
			}
			if err := json.Unmarshal([]byte(body), &got); err != nil || answer.StatusCode != http.StatusOK ||
				len(got) != n {
				t.Fatalf("list: %d, %d customers, %v; want %d", answer.StatusCode, len(got), err, n)
			}
			for i, c := range got {
				if i == 0 && c.ID != 7 || i > 0 && (c.ID != int64(99+i) || c.Email != fmt.Sprintf("%d@example.com",
					i-1)) {
					t.Errorf("customer %d of the list is %+v", i, c)
				}
			}
			if answer.Header.Get("Content-Type") != "application/json" ||
				answer.Header.Get("Allow") != "GET, HEAD, OPTIONS" {
				t.Errorf("headers are %v", answer.Header)
			}
			_, me := s.ask(t, "GET", "/customers/me/", "", header)
			if !strings.HasPrefix(body, "["+me) {
				t.Errorf("the list begins with %.300s, want %s", body, me)
			}
			if known := answer.ContentLength >= 0; known != (n < httpapi.ListPage) {
				t.Errorf("Content-Length %d of %d customers", answer.ContentLength, n)
			}

			_, indented := s.ask(t, "GET", "/customers/", "", header, "Accept: application/json; indent=3")
			var want bytes.Buffer
			if err := json.Indent(&want, []byte(body), "", "   "); err != nil || indented != want.String() {
				t.Errorf("indented: %.500q, want %.500q (%v)", indented, want.String(), err)
			}

			if answer, body := s.ask(t, "HEAD", "/customers/", "", header); answer.StatusCode != http.StatusOK ||
				body != "" {
				t.Errorf("HEAD: %d %q", answer.StatusCode, body)
			}
			answer, page := s.ask(t, "GET", "/customers/", "", header, "Accept: text/html")
			if shown := strings.Count(page, "@example.com&#34;") +
				strings.Count(page, "@example.com&quot;"); answer.StatusCode != http.StatusOK ||
				shown < min(n, httpapi.ListPage) || shown > httpapi.ListPage+1 {
				t.Errorf("page: %d with %d customers", answer.StatusCode, shown)
			}
		})
	}
}

func TestListIsForStaff(t *testing.T) {
	s, header := openOffice(t, 2)
	for _, method := range []string{"GET", "HEAD", "OPTIONS"} {
		if answer, _ := s.ask(t, method, "/customers/", "", header); answer.StatusCode != http.StatusOK {
			t.Errorf("%s by staff: %d", method, answer.StatusCode)
		}
	}
	if _, err := s.store.Set(t.Context(), core.Integer(7), store.Change{IsStaff: new(false), IsSuperuser: new(true)},
		0); err != nil {
		t.Fatal(err)
	}
	answer, body := s.ask(t, "GET", "/customers/", "", header)
	if want := `{"detail":"You do not have permission to perform this action."}`; answer.StatusCode != http.StatusForbidden || body != want || answer.Header.Get("X-Auth-Error") != "permission_denied" {
		t.Errorf("list for a superuser who is not staff any more: %d %s, X-Auth-Error %q; want 403 %s",
			answer.StatusCode, body, answer.Header.Get("X-Auth-Error"), want)
	}
	if answer, _ := s.ask(t, "GET", "/customers/", ""); answer.StatusCode != http.StatusUnauthorized {
		t.Errorf("list for nobody: %d, want 401", answer.StatusCode)
	}
}

// TestListsAreBounded: if memory for lists runs out, the client is told when to come back.
func TestListsAreBounded(t *testing.T) {
	s, header := openOffice(t, 2)
	release := httpapi.TakeLists(s.Config.Handler)
	answer, _ := s.ask(t, "GET", "/customers/", "", header)
	if answer.StatusCode != http.StatusServiceUnavailable || answer.Header.Get("Retry-After") == "" {
		t.Errorf("one list too many: %d %v, want 503 with Retry-After", answer.StatusCode, answer.Header)
	}
	release()
	for range 100 {
		if answer, _ := s.ask(t, "GET", "/customers/", "", header); answer.StatusCode != http.StatusOK {
			t.Fatalf("list after others have ended: %d", answer.StatusCode)
		}
	}
}

// meddling is a ResponseWriter that calls write before each write, so that a test can interfere with a list.
type meddling struct {
	http.ResponseWriter
	writes int
	write  func(writes int) error
}

func (m *meddling) Write(p []byte) (int, error) {
	m.writes++
	if err := m.write(m.writes); err != nil {
		return 0, err
	}
	return m.ResponseWriter.Write(p)
}

// TestListThatBreaksOff: if the store fails in the middle of a list, the server cuts the connection, so that nobody
// takes the part for the whole. If the client is gone, the server reads no further page.
func TestListThatBreaksOff(t *testing.T) {
	for _, c := range []struct {
		name   string
		write  func(s *shop, writes int) error
		writes int
		aborts bool
	}{
		{"nothing breaks", func(*shop, int) error { return nil }, 11, false},
		{"store fails", func(s *shop, writes int) error {
			if writes == 2 {
				return s.store.Close()
			}
			return nil
		}, 2, true},
		{"client is gone", func(_ *shop, writes int) error {
			if writes == 3 {
				return errors.New("broken pipe")
			}
			return nil
		}, 3, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			s, header := openOffice(t, 10*httpapi.ListPage)
			w := &meddling{ResponseWriter: httptest.NewRecorder(), write: func(writes int) error {
				return c.write(s, writes)
			}}
			r := httptest.NewRequestWithContext(t.Context(), "GET", "/customers/", nil)
			name, value, _ := strings.Cut(header, ": ")
			r.Header.Set(name, value)
			s.log.Reset()
			aborted := func() (reason any) {
				defer func() { reason = recover() }()
				s.Config.Handler.ServeHTTP(w, r)
				return nil
			}()
			if (aborted == http.ErrAbortHandler) != c.aborts || aborted != nil && !c.aborts {
				t.Errorf("the handler ends with %v, want an abort: %v", aborted, c.aborts)
			}
			if w.writes != c.writes {
				t.Errorf("%d writes, want %d: one for each page, and one for the end", w.writes, c.writes)
			}
			if logged := strings.Contains(s.log.String(), `"level":"ERROR"`); logged != c.aborts {
				t.Errorf("log of the request: %s", s.log.String())
			}
			if !c.aborts {
				return
			}
			httpapi.TakeLists(s.Config.Handler)() // hangs if the handler kept its place
		})
	}
}
