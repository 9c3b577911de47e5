"""The demo world: invented people, real proportions, made through the same services as everything else."""
