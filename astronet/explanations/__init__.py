"""Why a score is what it is: what the network saw, and what it would say of something else."""
