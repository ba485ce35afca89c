package socketcan

import "os"

// Over is a port over any file that keeps records apart, as a CAN socket does.
func Over(file *os.File) *Port { return &Port{name: file.Name(), file: file} }
