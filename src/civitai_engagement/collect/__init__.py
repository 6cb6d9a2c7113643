"""The jobs: what is collected at each tick of the clock, batch by batch, each kept on its own."""
