package console

// letterOf is the one letter of a role: M, S, L, G, W, and B for the back end.
func letterOf(role, sharing string) string {
	switch {
	case role == "main":
		return "M"
	case role == "guest":
		return "G"
	case role == "workshop":
		return "W"
	case role == "backend":
		return "B"
	case role == "limited" || sharing == "limited":
		return "L"
	case role == "shared" || sharing == "shared":
		return "S"
	}
	return ""
}
