"""The members' witness quorum: keys, rosters, what is signed, and keys at rest."""
