"""What a Civitai image says of how it was made, from free-form JSON to a typed value; pure, and it never raises.

>>> from civitai_engagement.civitai.metadata import normalise
>>> normalise({"steps": "20", "sampler": "dpmpp_2m", "scheduler": "karras"}).sampler
'DPM++ 2M'
"""

from civitai_engagement.civitai.metadata.generation import normalise

__all__ = ["normalise"]
