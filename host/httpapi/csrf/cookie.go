package csrf

// Cookie is the CSRF cookie of one browser: as the request brought it, and as the answer sets it. The zero value is
// that of a browser which has none.
type Cookie struct {
	value   string // a plain secret, or a masked one without Policy.Plain; "": none
	changed bool
}

// Read takes the value that the browser sent. It replaces an invalid one. With Policy.Plain the answer then sets the
// cookie, else only an answer with a token does, as Django has it.
func (c *Cookie) Read(value string, p *Policy) error {
	switch {
	case checkFormat(value) != "":
		c.changed = p.Plain
		return c.renew(p)
	case p.Plain:
		c.value = unmask(value)
	case len(value) == tokenLength:
		c.value = value
	default:
		return c.set(value, p)
	}
	return nil
}

// Rotate replaces the secret, at a log-in, so that whoever knew the old one can forge nothing.
func (c *Cookie) Rotate(p *Policy) error {
	c.changed = true
	return c.renew(p)
}

// Token makes a token for a form or a script, and has the answer set the cookie (Django's get_token).
func (c *Cookie) Token(p *Policy) (string, error) {
	if c.value == "" {
		if err := c.renew(p); err != nil {
			return "", err
		}
	}
	c.changed = true
	return mask(unmask(c.value), p.Entropy)
}

// Changed returns the value that the answer sets; ok is false where it sets none.
func (c *Cookie) Changed() (value string, ok bool) { return c.value, c.changed }

func (c *Cookie) renew(p *Policy) error {
	secret, err := newSecret(p.Entropy)
	if err != nil {
		return err
	}
	return c.set(secret, p)
}

// set keeps a secret as this version's cookie has it.
func (c *Cookie) set(secret string, p *Policy) (err error) {
	if !p.Plain {
		secret, err = mask(secret, p.Entropy)
	}
	c.value = secret
	return err
}
