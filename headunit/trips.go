package headunit

import "context"

// Trips reads those that the person at the wheel may see, oldest first. A nil filter takes
// all.
func (c *Client) Trips(ctx context.Context, filter map[string]any) ([]map[string]any, error) {
	var answer []bag
	err := c.ask(ctx, "Trips1.List", []any{members(filter)}, &answer)
	return plainBags(answer), err
}

// Assign hands a trip to people, by their ids; with no trip all of a span, whose days are
// from and to in the options.
func (c *Client) Assign(ctx context.Context, trip string, people []string, options map[string]any) error {
	return c.ask(ctx, "Trips1.Assign", []any{trip, Paths(people), members(options)})
}

// DeleteTrip takes a trip out of the car.
func (c *Client) DeleteTrip(ctx context.Context, trip string) error {
	return c.ask(ctx, "Trips1.Delete", []any{trip, bag{}})
}
