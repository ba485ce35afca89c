package socketcan

// Over is a port over any file that keeps records apart, as a CAN socket does.
var Over = over
