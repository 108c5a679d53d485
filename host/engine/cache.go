package engine

import (
	"bufio"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// ErrUnsafeCache says that others can write to a directory for compiled code. The engine would run what they put there,
// so it refuses the directory.
var ErrUnsafeCache = errors.New("belongs to another user or can be written by others")

// compileCache is where wazero keeps the compiled code of one module:
//
//	CacheDir/<SHA-256 of the module>/sums         a line for each file below: CRC-32C, size in bytes, path
//	CacheDir/<SHA-256 of the module>/wazero-…/…   wazero's own
//
// wazero checks the code, but not the table beside it that says where functions begin. So the engine compares the
// checksums of all files before wazero reads them. It fills a directory under another name and renames it once it is
// whole.
type compileCache struct {
	dir   string // for wazero
	final string // the name that dir gets once the module is compiled; empty: dir has it already
}

// sumsName is the file with the checksums.
const sumsName = "sums"

// The name of a directory begins with newPrefix until it is whole. An interrupted start leaves one behind, which a
// later start removes once it is older than leftoverAge.
const (
	newPrefix   = "new-"
	leftoverAge = 24 * time.Hour
)

// openCache finds the compiled code of a module, or makes a directory for it. It removes damaged code, and damaged says
// what was wrong with it. The error is ErrUnsafeCache if others can write to dir.
func openCache(dir, module string) (c *compileCache, damaged, err error) {
	if err := privateDir(dir); err != nil {
		return nil, nil, err
	}
	c = &compileCache{dir: filepath.Join(dir, module)}
	damaged = checkSums(c.dir)
	if damaged == nil {
		return c, nil, nil
	}
	if errors.Is(damaged, fs.ErrNotExist) && !exists(c.dir) {
		damaged = nil
	} else if err := os.RemoveAll(c.dir); err != nil {
		return nil, nil, errors.Join(fmt.Errorf("the compiled code in %s is damaged: %w", c.dir, damaged), err)
	}
	removeLeftovers(dir)
	c.final = c.dir
	if c.dir, err = os.MkdirTemp(dir, newPrefix); err != nil {
		return nil, damaged, err
	}
	return c, damaged, nil
}

func exists(path string) bool {
	_, err := os.Lstat(path)
	return !errors.Is(err, fs.ErrNotExist)
}

// keep writes the checksums and gives the directory its final name, where the next start finds it.
func (c *compileCache) keep() error {
	if c.final == "" {
		return nil
	}
	err := writeSums(c.dir)
	if err == nil {
		err = os.Rename(c.dir, c.final)
	}
	if err != nil {
		c.discard()
	}
	if errors.Is(err, fs.ErrExist) {
		return nil // another process was quicker
	}
	return err
}

// discard removes a directory that has not got its final name.
func (c *compileCache) discard() {
	if c.final != "" {
		_ = os.RemoveAll(c.dir) // a later start removes what is left
	}
}

// removeLeftovers removes what interrupted starts left behind.
func removeLeftovers(dir string) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return
	}
	for _, e := range entries {
		info, err := e.Info()
		if err == nil && strings.HasPrefix(e.Name(), newPrefix) && time.Since(info.ModTime()) > leftoverAge {
			_ = os.RemoveAll(filepath.Join(dir, e.Name()))
		}
	}
}

// sums computes the lines of the file with the checksums, sorted.
func sums(dir string) (lines []string, err error) {
	err = filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		name, relative := filepath.Rel(dir, path)
		switch {
		case err != nil:
			return err
		case relative != nil:
			return relative
		case d.IsDir() || name == sumsName:
			return nil
		case !d.Type().IsRegular():
			return fmt.Errorf("%s is no file", path)
		}
		f, err := os.Open(path)
		if err != nil {
			return err
		}
		defer f.Close()
		sum := crc32.New(crc32.MakeTable(crc32.Castagnoli))
		size, err := io.CopyBuffer(struct{ io.Writer }{sum}, f, make([]byte, 1<<20))
		lines = append(lines, fmt.Sprintf("%08x %d %s", sum.Sum32(), size, filepath.ToSlash(name)))
		return err
	})
	slices.Sort(lines)
	return lines, err
}

// checkSums reports what is wrong with a directory; fs.ErrNotExist if it has no checksums.
func checkSums(dir string) error {
	f, err := os.Open(filepath.Join(dir, sumsName))
	if err != nil {
		return err
	}
	defer f.Close()
	var want []string
	lines := bufio.NewScanner(io.LimitReader(f, 1<<20))
	for lines.Scan() {
		want = append(want, lines.Text())
	}
	if err := lines.Err(); err != nil {
		return err
	}
	got, err := sums(dir)
	if err != nil {
		return err
	}
	if len(got) == 0 || !slices.Equal(got, want) {
		return errors.New("its checksums have changed since it was written")
	}
	return nil
}

// writeSums writes the checksums of all files in a directory.
func writeSums(dir string) error {
	lines, err := sums(dir)
	if err != nil {
		return err
	}
	if len(lines) == 0 {
		return errors.New("wazero kept nothing")
	}
	f, err := os.OpenFile(filepath.Join(dir, sumsName), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = io.WriteString(f, strings.Join(lines, "\n")+"\n")
	return errors.Join(err, f.Sync(), f.Close())
}
