"""What goes with reactions: parameters, models and LoRAs, computed in modelling."""
