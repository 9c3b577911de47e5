"""A stand-in for Stripe: a program of its own that keeps its own books, spoken to over HTTP like Stripe itself.

The shop never imports it, and it imports nothing of the shop. It knows the objects that the shop uses, in the shapes
of Stripe's published API, and says "test mode" on every page. What Stripe documents and this does is cited where it
is done; fees are of our own choosing.
"""
