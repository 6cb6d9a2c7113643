"""The closed word lists of Civitai's parameters."""

SORTS = ("Most Reactions", "Most Comments", "Most Collected", "Newest", "Oldest", "Random")
PERIODS = ("Day", "Week", "Month", "Year", "AllTime")
MEDIA_TYPES = ("image", "video", "audio")

LEVEL_WORDS = {"None": 1, "Soft": 3, "Mature": 7, "X": 31, "Blocked": 32}
NSFW_ONLY = 60
BLOCKED = 32

TRUE_WORDS = ("true", "1", "yes", "on", "y", "enabled")
FALSE_WORDS = ("false", "0", "no", "off", "n", "disabled")

BASE_MODELS = tuple(
    """
    Anima|AuraFlow|Chroma|CogVideoX|Ernie|Flux.1 S|Flux.1 D|Flux.1 Krea|Flux.1 Kontext|Flux.2 D|Flux.2 Klein 9B|
    Flux.2 Klein 9B-base|Flux.2 Klein 4B|Flux.2 Klein 4B-base|Flux 3 Video|Grok|HappyHorse|HiDream|HiDream-O1|Hunyuan 1|
    Hunyuan Video|Ideogram 4.0|Boogu|Illustrious|Imagen4|Kolors|Krea 2|LTXV|LTXV2|LTXV 2.3|Lens|Lumina|MageFlow|MAI|
    Mochi|Nano Banana|NoobAI|ODOR|OpenAI|Upscaler|Other|PixArt a|PixArt E|Playground v2|Pony|Pony V7|Qwen|Qwen 2|Qwen 3|
    Stable Cascade|SD 1.4|SD 1.5|SD 1.5 LCM|SD 1.5 Hyper|SD 2.0|SD 2.0 768|SD 2.1|SD 2.1 768|SD 2.1 Unclip|SD 3|SD 3.5|
    SD 3.5 Large|SD 3.5 Large Turbo|SD 3.5 Medium|SDXL 0.9|SDXL 1.0|SDXL 1.0 LCM|SDXL Lightning|SDXL Hyper|SDXL Turbo|
    SDXL Distilled|Reve|Seedream|SVD|SVD XT|Sora 2|Veo 3|Wan Video|Wan Video 1.3B t2v|Wan Video 14B t2v|
    Wan Video 14B i2v 480p|Wan Video 14B i2v 720p|Wan Video 2.2 TI2V-5B|Wan Video 2.2 I2V-A14B|Wan Video 2.2 T2V-A14B|
    Wan Video 2.5 T2V|Wan Video 2.5 I2V|Wan Image 2.7|Wan Video 2.7|ZImageTurbo|ZImageBase|Vidu Q1|MiniMax H3|Kling|
    Seedance|ACE Audio|PolyGen|Tripo|Hunyuan3D
    """.replace("\n    ", "").split("|")
)
