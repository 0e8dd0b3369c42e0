package github

import "context"

// Login is whose token it is; of an App's installation the name under which its acts
// are shown. GitHub tells it of no other installation's token, such as the one that a
// workflow gets.
func (c *Client) Login(ctx context.Context) (string, error) {
	credential, err := c.transport.authorise(ctx)
	if err != nil || credential.login != "" {
		return credential.login, err
	}
	user, _, err := c.api.Users.Get(ctx, "")
	if err != nil {
		return "", c.explain("ask whose "+credential.String()+" is", err)
	}
	return shown(user.GetLogin()), nil
}
