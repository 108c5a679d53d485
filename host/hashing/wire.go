package hashing

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"unsafe"

	"github.com/edgetoken/edgetoken/store/password"
)

// The form of a job and of its result, in little-endian order:
//
//	job     a7 | u8 make | u8 parallelism | 0 | u32 memory | u32 iterations | u64 number
//	        u32 bytes of text | u32 bytes of password | encoded hash, or text for the salt | password
//	result  a8 | u8 good | 0 | 0 | u64 number
//	        u32 bytes of renewed | u32 bytes of fault | renewed | fault
//
// The parent chooses the number, which comes back with the result, so that no result is taken for that of another job.
const (
	jobMark, resultMark     = 0xa7, 0xa8
	jobHeader, resultHeader = 28, 20
	// maxText bounds a hash and the text of a fault, maxPassword a password, in bytes. The latter is more than the
	// largest request body that can be configured.
	maxText, maxPassword = 64 << 10, 1 << 30
)

// errNonsense says that a message does not have that form.
var errNonsense = errors.New("nonsense on the pipe")

// appendJob appends a job to b.
func appendJob(b []byte, j Job, number uint64) []byte {
	mark := [4]byte{jobMark, 0, j.Params.Parallelism}
	if j.Make {
		mark[1] = 1
	}
	b = append(b, mark[:]...)
	b = binary.LittleEndian.AppendUint32(b, j.Params.Memory)
	b = binary.LittleEndian.AppendUint32(b, j.Params.Iterations)
	b = binary.LittleEndian.AppendUint64(b, number)
	b = binary.LittleEndian.AppendUint32(b, uint32(len(*j.text())))
	b = binary.LittleEndian.AppendUint32(b, uint32(len(j.Password)))
	return append(append(b, *j.text()...), j.Password...)
}

// jobSize returns how many bytes appendJob appends.
func jobSize(j Job) int { return jobHeader + len(*j.text()) + len(j.Password) }

// readJob reads a job and nothing beyond it. secret holds its password; the caller clears it after the last use of the
// job. The error is io.EOF if there are no more jobs.
func readJob(r io.Reader) (j Job, number uint64, secret []byte, err error) {
	var h [jobHeader]byte
	if _, err := io.ReadFull(r, h[:]); err != nil {
		return Job{}, 0, nil, err
	}
	size, given := binary.LittleEndian.Uint32(h[20:]), binary.LittleEndian.Uint32(h[24:])
	if h[0] != jobMark || h[1] > 1 || h[3] != 0 || size > maxText || given > maxPassword {
		return Job{}, 0, nil, errNonsense
	}
	j.Make, j.Params = h[1] == 1, password.Params{
		Parallelism: h[2], Memory: binary.LittleEndian.Uint32(h[4:]), Iterations: binary.LittleEndian.Uint32(h[8:]),
	}
	text := make([]byte, size)
	secret = make([]byte, given)
	for _, b := range [][]byte{text, secret} {
		if _, err := io.ReadFull(r, b); err != nil {
			clear(secret)
			return Job{}, 0, nil, fmt.Errorf("half a job: %w", errNonsense)
		}
	}
	*j.text(), j.Password = string(text), unsafe.String(unsafe.SliceData(secret), len(secret))
	return j, binary.LittleEndian.Uint64(h[12:]), secret, nil
}

// appendResult appends the result of the job with this number to b.
func appendResult(b []byte, r Result, number uint64) []byte {
	mark := [4]byte{resultMark}
	if r.Good {
		mark[1] = 1
	}
	b = append(b, mark[:]...)
	b = binary.LittleEndian.AppendUint64(b, number)
	b = binary.LittleEndian.AppendUint32(b, uint32(len(r.Renewed)))
	b = binary.LittleEndian.AppendUint32(b, uint32(len(r.Fault)))
	return append(append(b, r.Renewed...), r.Fault...)
}

// readResult reads the result of the job with this number. The error is errNonsense for anything else.
func readResult(r io.Reader, number uint64) (Result, error) {
	var h [resultHeader]byte
	if _, err := io.ReadFull(r, h[:]); err != nil {
		return Result{}, err
	}
	renewed, fault := binary.LittleEndian.Uint32(h[12:]), binary.LittleEndian.Uint32(h[16:])
	if h[0] != resultMark || h[1] > 1 || h[2]|h[3] != 0 || binary.LittleEndian.Uint64(h[4:]) != number ||
		renewed > maxText || fault > maxText {
		return Result{}, errNonsense
	}
	texts := make([]byte, renewed+fault)
	if _, err := io.ReadFull(r, texts); err != nil {
		return Result{}, err
	}
	return Result{Good: h[1] == 1, Renewed: string(texts[:renewed]), Fault: string(texts[renewed:])}, nil
}
