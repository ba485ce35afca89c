package hmi

// Members are the methods that the code answers, as INTERFACE.METHOD, and the types of
// their arguments.
func Members() map[string]string {
	all := map[string]string{}
	for iface, members := range new(Face).methods() {
		for name, m := range members {
			all[iface+"."+name] = m.in
		}
	}
	return all
}
