"""What is wrong with this installation: each finding with its cure, and with its mending where that is safe."""
