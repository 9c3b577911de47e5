"""The shop: listings, carts, orders, payments and the division of what was earned."""
