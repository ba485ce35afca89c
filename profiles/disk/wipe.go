package disk

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"golang.org/x/sys/unix"
)

// Wipe overwrites and deletes every file in folder and all that is below it, but those
// directly in it that are named in but. It may be repeated. A file is overwritten in
// place before it loses its name: what was only unlinked stays on the disk. Links are
// not followed.
func Wipe(folder string, but ...string) error {
	entries, err := os.ReadDir(folder)
	if err != nil {
		return err
	}
	for _, entry := range entries {
		if slices.Contains(but, entry.Name()) {
			continue
		}
		path := filepath.Join(folder, entry.Name())
		switch {
		case entry.IsDir():
			err = Wipe(path)
		case entry.Type().IsRegular():
			err = overwrite(path)
		}
		if err == nil {
			err = os.Remove(path)
		}
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return SyncFolder(folder)
}

// overwrite fills a file with zeros, for good.
func overwrite(path string) error {
	f, err := os.OpenFile(path, os.O_WRONLY|unix.O_NOFOLLOW, 0)
	if err != nil {
		return err
	}
	info, err := f.Stat()
	zeros := make([]byte, 64<<10)
	for at := int64(0); err == nil && at < info.Size(); at += int64(len(zeros)) {
		_, err = f.WriteAt(zeros[:min(int64(len(zeros)), info.Size()-at)], at)
	}
	if err == nil {
		err = f.Sync()
	}
	return errors.Join(err, f.Close())
}
