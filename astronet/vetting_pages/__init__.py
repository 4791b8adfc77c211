"""Pages of `astronet vet`: the index of the candidates, with marks stored in the browser."""
