// Reads a published log with Go's own sumdb packages, which know nothing of ours: the checkpoint's signature, the root
// from the tiles, each record's hash, and the proofs that come in as lines of words:
//
//	record <index> <leaf hash> <proof hash>*
//	tree <older size> <older root> <proof hash>*
package main

import (
	"bufio"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

func must(err error) {
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
}

func hash(text string) (h tlog.Hash) {
	raw, err := base64.StdEncoding.DecodeString(text)
	must(err)
	if len(raw) != tlog.HashSize {
		must(fmt.Errorf("%s has %d bytes", text, len(raw)))
	}
	copy(h[:], raw)
	return h
}

func hashes(words []string) (list []tlog.Hash) {
	for _, word := range words {
		list = append(list, hash(word))
	}
	return list
}

// groups writes a number as the paths of tiles do.
func groups(n int64) string {
	path := fmt.Sprintf("%03d", n%1000)
	for n >= 1000 {
		n /= 1000
		path = fmt.Sprintf("x%03d/%s", n%1000, path)
	}
	return path
}

type folder string

func (f folder) Height() int { return 8 }

func (f folder) ReadTiles(tiles []tlog.Tile) (data [][]byte, err error) {
	for _, tile := range tiles {
		path := fmt.Sprintf("tile/%d/%s", tile.L, groups(tile.N))
		if tile.W < 256 {
			path += fmt.Sprintf(".p/%d", tile.W)
		}
		read, err := os.ReadFile(filepath.Join(string(f), path))
		if err != nil {
			return nil, err
		}
		data = append(data, read)
	}
	return data, nil
}

func (f folder) SaveTiles(tiles []tlog.Tile, data [][]byte) {}

func (f folder) text(name string) string {
	read, err := os.ReadFile(filepath.Join(string(f), name))
	must(err)
	return string(read)
}

func main() {
	f := folder(os.Args[1])
	verifier, err := note.NewVerifier(strings.TrimSpace(f.text("log.vkey")))
	must(err)
	opened, err := note.Open([]byte(f.text("checkpoint")), note.VerifierList(verifier))
	must(err)
	lines := strings.Split(opened.Text, "\n")
	if lines[0] != verifier.Name() {
		must(fmt.Errorf("origin %s", lines[0]))
	}
	size, err := strconv.ParseInt(lines[1], 10, 64)
	must(err)
	tree := tlog.Tree{N: size, Hash: hash(lines[2])}
	reader := tlog.TileHashReader(tree, f)
	root, err := tlog.TreeHash(size, reader)
	must(err)
	if size > 0 && root != tree.Hash {
		must(fmt.Errorf("root %v instead of %v", root, tree.Hash))
	}
	for first := int64(0); first < size; first += 256 {
		path := "tile/entries/" + groups(first/256)
		if size-first < 256 {
			path += fmt.Sprintf(".p/%d", size-first)
		}
		bundle, index := []byte(f.text(path)), first
		var at []int64
		var said []tlog.Hash
		for ; len(bundle) > 0; index++ {
			end := 2 + int(binary.BigEndian.Uint16(bundle))
			if end > len(bundle) {
				must(fmt.Errorf("record %d is cut off", index))
			}
			at = append(at, tlog.StoredHashIndex(0, index))
			said = append(said, tlog.RecordHash(bundle[2:end]))
			bundle = bundle[end:]
		}
		found, err := reader.ReadHashes(at)
		must(err)
		for i, hash := range found {
			if said[i] != hash {
				must(fmt.Errorf("record %d has another hash", first+int64(i)))
			}
		}
		if want := first + 256; index != want && index != size {
			must(fmt.Errorf("bundle %d ends at %d", first/256, index))
		}
	}
	checked := 0
	for in := bufio.NewScanner(os.Stdin); in.Scan(); checked++ {
		words := strings.Fields(in.Text())
		n, err := strconv.ParseInt(words[1], 10, 64)
		must(err)
		switch words[0] {
		case "record":
			must(tlog.CheckRecord(hashes(words[3:]), tree.N, tree.Hash, n, hash(words[2])))
		case "tree":
			must(tlog.CheckTree(hashes(words[3:]), tree.N, tree.Hash, n, hash(words[2])))
		}
	}
	fmt.Printf("%d records, %d proofs\n", size, checked)
}
