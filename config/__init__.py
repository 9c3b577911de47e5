"""The frame: settings, addresses, the database, and what runs it all."""
