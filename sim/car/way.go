package car

// Way is the route of the newest drive, as latitudes and longitudes, with its name; nil
// before the first.
func (v *Vehicle) Way() (name string, points [][2]float64) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.way == nil {
		return "", nil
	}
	for _, p := range v.way.Points {
		points = append(points, [2]float64{p.Latitude, p.Longitude})
	}
	return v.way.Name, points
}
