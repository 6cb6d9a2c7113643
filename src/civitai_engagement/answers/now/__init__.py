"""Media as they are this moment, as Civitai shows them."""
