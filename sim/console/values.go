package console

// The head unit's answers are plain values: these read them and take what is
// missing, or of another type, as nothing.

func text(v any) string {
	s, _ := v.(string)
	return s
}

// texts reads a list of words; it is never nil, so that JSON shows a list.
func texts(v any) []string {
	all := []string{}
	list, _ := v.([]string)
	return append(all, list...)
}

func number(v any) float64 {
	switch v := v.(type) {
	case float64:
		return v
	case int64:
		return float64(v)
	case uint64:
		return float64(v)
	case uint32:
		return float64(v)
	case int32:
		return float64(v)
	case uint16:
		return float64(v)
	}
	return 0
}
