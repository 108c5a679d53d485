package keyring

import (
	"bytes"
	"crypto/elliptic"
	"encoding/asn1"
	"errors"
	"fmt"
	"math/big"
	"slices"

	"golang.org/x/crypto/cryptobyte"
	tag "golang.org/x/crypto/cryptobyte/asn1"
)

// curves are the curves of JWT's algorithms (RFC 7518 §3.4).
var curves = []struct {
	oid   asn1.ObjectIdentifier
	curve elliptic.Curve
}{
	{asn1.ObjectIdentifier{1, 2, 840, 10045, 3, 1, 7}, elliptic.P256()},
	{asn1.ObjectIdentifier{1, 3, 132, 0, 34}, elliptic.P384()},
	{asn1.ObjectIdentifier{1, 3, 132, 0, 35}, elliptic.P521()},
}

const wantedCurves = "ES256, ES384 and ES512 have the curves P-256, P-384 and P-521"

var oidPrimeField = asn1.ObjectIdentifier{1, 2, 840, 10045, 1, 1}

// readCurve reads ECParameters (RFC 5480 §2.1.1): the name of a curve, or all its numbers (SEC 1 §C.2,
// SpecifiedECDomain), each of which must be that of one of curves. With another generator, somebody else's public key
// could be made to fit (CVE-2020-0601).
func readCurve(parameters cryptobyte.String) (elliptic.Curve, error) {
	if len(parameters) == 0 {
		return nil, errors.New("does not say its curve")
	}
	if parameters.PeekASN1Tag(tag.OBJECT_IDENTIFIER) {
		var oid asn1.ObjectIdentifier
		if !parameters.ReadASN1ObjectIdentifier(&oid) {
			return nil, errDamaged
		}
		for _, c := range curves {
			if c.oid.Equal(oid) {
				return c.curve, nil
			}
		}
		return nil, fmt.Errorf("is on another curve (%v): %s", oid, wantedCurves)
	}
	var domain, field, curve, a, b, base cryptobyte.String
	var version int64
	var oid asn1.ObjectIdentifier
	p, order := new(big.Int), new(big.Int)
	if !parameters.ReadASN1(&domain, tag.SEQUENCE) || !domain.ReadASN1Integer(&version) ||
		!domain.ReadASN1(&field, tag.SEQUENCE) || !field.ReadASN1ObjectIdentifier(&oid) {
		return nil, errDamaged
	}
	if !oid.Equal(oidPrimeField) {
		return nil, errors.New("is on another curve, over a binary field: " + wantedCurves)
	}
	if !field.ReadASN1Integer(p) || !domain.ReadASN1(&curve, tag.SEQUENCE) || !curve.ReadASN1(&a, tag.OCTET_STRING) ||
		!curve.ReadASN1(&b, tag.OCTET_STRING) || !domain.ReadASN1(&base, tag.OCTET_STRING) ||
		!domain.ReadASN1Integer(order) {
		return nil, errDamaged
	}
	for _, c := range curves {
		q := c.curve.Params()
		minusThree := new(big.Int).Sub(q.P, big.NewInt(3)) // a of all three
		if p.Cmp(q.P) == 0 && order.Cmp(q.N) == 0 && minusThree.Cmp(new(big.Int).SetBytes(a)) == 0 &&
			q.B.Cmp(new(big.Int).SetBytes(b)) == 0 && isGenerator(q, base) {
			return c.curve, nil
		}
	}
	return nil, errors.New("is on a curve that is written out, " +
		"and that is none of those which are known: " + wantedCurves)
}

// isGenerator reports whether point is the generator of a curve, compressed or not.
func isGenerator(q *elliptic.CurveParams, point []byte) bool {
	size := (q.BitSize + 7) / 8
	x, y := q.Gx.FillBytes(make([]byte, size)), q.Gy.FillBytes(make([]byte, size))
	return bytes.Equal(point, slices.Concat([]byte{4}, x, y)) ||
		bytes.Equal(point, slices.Concat([]byte{2 + y[size-1]&1}, x))
}
