"""What the shop's pages show, put together from queries and rules. Reads only."""
