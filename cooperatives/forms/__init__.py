"""What people send: one module a noun."""
