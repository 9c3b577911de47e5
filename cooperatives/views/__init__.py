"""Pages of the cooperatives: they find, check the form, call one service or query, and answer."""
