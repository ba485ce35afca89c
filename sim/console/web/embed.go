// Package web holds the console's page: plain ES modules, one a panel, as they are
// served. There is no build step.
package web

import "embed"

// Files is this folder. The server gives out what belongs to a page, by its ending, and
// nothing else.
//
//go:embed *
var Files embed.FS
