"""What the sandbox knows besides media: posts, and the model versions that media were made with."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from civitai_engagement.sandbox.items import js_instant
from civitai_engagement.sandbox.metadata import file_hash


@dataclass(frozen=True, slots=True)
class Post:
    """One post; its media are found by its id."""

    id: int
    username: str | None
    published_at: datetime
    title: str | None = None
    detail: str | None = None
    tags: tuple[tuple[int, str], ...] = ()
    model_version_id: int | None = None


@dataclass(frozen=True, slots=True)
class ModelVersion:
    """One published version of a model.

    >>> ModelVersion(500_001, 400_001, "plainModel", "v1", "SDXL 1.0", published_at).air
    'urn:air:sdxl:checkpoint:civitai:400001@500001'
    """

    id: int
    model_id: int
    model_name: str
    name: str
    base_model: str
    published_at: datetime
    type: str = "Checkpoint"

    @property
    def air(self) -> str:
        ecosystem = self.base_model.split()[0].lower()
        return f"urn:air:{ecosystem}:{self.type.lower()}:civitai:{self.model_id}@{self.id}"

    def full(self) -> dict[str, Any]:
        """The body of `/model-versions/{id}`."""
        return {
            "id": self.id,
            "modelId": self.model_id,
            "name": self.name,
            "nsfwLevel": 1,
            "createdAt": js_instant(self.published_at),
            "updatedAt": js_instant(self.published_at),
            "status": "Published",
            "publishedAt": js_instant(self.published_at),
            "trainedWords": [],
            "baseModel": self.base_model,
            "baseModelType": "Standard",
            "description": None,
            "air": self.air,
            "stats": {"downloadCount": 100 + self.id % 900, "thumbsUpCount": 10 + self.id % 90},
            "model": {"name": self.model_name, "type": self.type, "nsfw": False, "poi": False},
            "files": [],
            "images": [],
            "licensingFee": None,
            "paidAccess": None,
        }

    def mini(self) -> dict[str, Any]:
        """The body of `/model-versions/mini/{id}`; the model's id stands only in `air`."""
        return {
            "air": self.air,
            "versionName": self.name,
            "modelName": self.model_name,
            "userId": 1,
            "baseModel": self.base_model,
            "availability": "Public",
            "publishedAt": js_instant(self.published_at),
            "size": 6_500_000,
            "fileType": "Model",
            "fileName": f"{self.model_name}.safetensors",
            "hashes": {"AutoV2": file_hash(self.id).upper()},
            "downloadUrls": [],
            "format": "SafeTensor",
            "canGenerate": True,
            "isFeatured": False,
            "requireAuth": False,
            "checkPermission": False,
            "minor": False,
            "sfwOnly": False,
            "fees": None,
            "payoutEnabled": False,
        }
