package config

// KeyAlgorithm is ALGORITHM where it was given, and "" where it stands at its default. That is for a configured
// SIGNING_KEY; keys that a node makes are for ES256.
func (c *Config) KeyAlgorithm() string {
	if _, given := c.origins["simple_jwt.ALGORITHM"]; !given {
		return ""
	}
	return c.Algorithm
}

// VerifiesOnly reports whether VERIFYING_KEY stands alone, so that the node issues no tokens.
func (c *Config) VerifiesOnly() bool {
	return c.VerifyingKey.IsSet() && !c.SigningKey.IsSet() && !c.symmetric()
}
