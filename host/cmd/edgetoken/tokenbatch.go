package main

import (
	"bytes"
	"context"
	"encoding/json"
	"io"

	"github.com/edgetoken/edgetoken/host/admin"
	"github.com/edgetoken/edgetoken/host/blacklistfile"
)

// tokenBatch is a list of tokens for a call.
type tokenBatch struct {
	tokens []blacklistfile.Token
	body   bytes.Buffer
}

// maxBatchBytes bounds a batch, but for its last token.
const maxBatchBytes = 1 << 20

// fill reads tokens until the batch is full, and adds those that are wanted. more is false after the last.
func (b *tokenBatch) fill(
	tokens *blacklistfile.Reader, wanted func(*blacklistfile.Token) bool,
) (more bool, err error) {
	for len(b.tokens) < admin.MaxTokens && b.body.Len() < maxBatchBytes {
		k, err := tokens.Next()
		if err == io.EOF {
			return false, nil
		}
		if err != nil {
			return false, err
		}
		if wanted(&k) {
			b.add(k)
		}
	}
	return true, nil
}

func (b *tokenBatch) add(k blacklistfile.Token) {
	row := admin.ListedToken{ID: k.ID, Token: k.Token, User: k.User}
	if !k.ExpiresAt.IsZero() {
		row.ExpiresAt = &k.ExpiresAt
	}
	// The error would be that of a value that is no JSON, and all of them were read as JSON.
	_ = json.NewEncoder(&b.body).Encode(row)
	b.tokens = append(b.tokens, k)
}

// send makes the call, if the batch has a token.
func (b *tokenBatch) send(ctx context.Context, client *admin.Client, q admin.ListQuery) (admin.Listed, error) {
	if len(b.tokens) == 0 {
		return admin.Listed{}, nil
	}
	return admin.EndTokens.Call(ctx, client, q, admin.Stream{Reader: &b.body})
}
