package headunit

import "context"

// ListMessages reads those of the person at the wheel, oldest first. A nil filter takes all.
func (c *Client) ListMessages(ctx context.Context, filter map[string]any) ([]map[string]any, error) {
	var answer []bag
	err := c.ask(ctx, "Messages1.List", []any{members(filter)}, &answer)
	return plainBags(answer), err
}

// Send writes a line of the chat with the workshop and returns its id.
func (c *Client) Send(ctx context.Context, text string) (id string, err error) {
	return id, c.ask(ctx, "Messages1.Send", []any{text, bag{}}, &id)
}

// Book asks the workshop for a service and returns the id of the wish.
func (c *Client) Book(ctx context.Context, wish map[string]any) (id string, err error) {
	return id, c.ask(ctx, "Messages1.Book", []any{members(wish), bag{}}, &id)
}

// MarkRead marks messages as read.
func (c *Client) MarkRead(ctx context.Context, ids []string) error {
	return c.ask(ctx, "Messages1.MarkRead", []any{append([]string{}, ids...), bag{}})
}
