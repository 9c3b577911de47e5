"""Forms of the shop and the stall: they read what people type, services decide. One module a noun."""
