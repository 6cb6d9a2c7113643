import pytest
from hypothesis import given
from hypothesis import strategies as st

from civitai_engagement.errors import BadInput
from civitai_engagement.outbound.content import HEAD, recognise, settle
from civitai_engagement.records.media import MediaType

IMAGE, VIDEO, AUDIO = MediaType.IMAGE, MediaType.VIDEO, MediaType.AUDIO


def mp4(brand: bytes) -> bytes:
    return b"\0\0\0\x14ftyp" + brand + b"\0\0\2\0" + b"isom" + b"\0" * 64


KNOWN = [
    (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + b"\0" * 64, IMAGE, "image/png"),
    (b"\xff\xd8\xff\xe0\0\x10JFIF\0" + b"\0" * 64, IMAGE, "image/jpeg"),
    (b"\xff\xd8\xff\xdb\0\x43" + b"\0" * 64, IMAGE, "image/jpeg"),
    (b"RIFF\0\1\0\0WEBPVP8 " + b"\0" * 64, IMAGE, "image/webp"),
    (b"GIF89a" + b"\0" * 64, IMAGE, "image/gif"),
    (mp4(b"isom"), VIDEO, "video/mp4"),
    (mp4(b"mp42"), VIDEO, "video/mp4"),
    (mp4(b"iso5"), VIDEO, "video/mp4"),
    (bytes.fromhex("1a45dfa39f4286810142f7810142f2810442f381084282847765626d") + b"\0" * 64, VIDEO, "video/webm"),
    (b"ID3\x04\0\0\0\0\0\0\xff\xfb\x90\0" + b"\0" * 64, AUDIO, "audio/mpeg"),
    (b"RIFF\0\1\0\0WAVEfmt " + b"\0" * 64, AUDIO, "audio/x-wav"),
]


@pytest.mark.parametrize(("head", "kind", "mime"), KNOWN, ids=lambda value: value if isinstance(value, str) else "")
def test_media_are_known_by_their_first_bytes(head: bytes, kind: MediaType, mime: str) -> None:
    assert (settle(recognise(head), None), recognise(head)) == (kind, mime)


@pytest.mark.parametrize("head", [b"", b"x", b"<!DOCTYPE html><title>404</title>", b'{"error": "no"}', b"\0" * 99])
def test_content_that_is_not_known_passes_as_unknown(head: bytes) -> None:
    assert recognise(head) is None
    assert settle(None, IMAGE) is None


def test_another_kind_than_was_said_is_refused_with_the_right_one() -> None:
    with pytest.raises(BadInput) as caught:
        settle("image/png", VIDEO)

    assert str(caught.value) == "You said video, the file is an image (image/png). Pass asset_type=image."


def test_a_known_file_that_is_no_media_is_refused_where_media_was_said() -> None:
    with pytest.raises(BadInput, match=r"no media \(application/pdf\)"):
        settle("application/pdf", IMAGE)

    assert settle("application/pdf", None) is None


@pytest.mark.parametrize("said", [VIDEO, AUDIO])
def test_a_container_of_film_or_sound_is_what_the_user_says_it_is(said: MediaType) -> None:
    assert settle("video/mp4", said) is said


def test_a_container_is_still_no_image() -> None:
    with pytest.raises(BadInput, match="asset_type=video"):
        settle("video/mp4", IMAGE)


@given(
    st.binary(max_size=HEAD) | st.builds(bytes.__add__, st.sampled_from([head[:12] for head, *_ in KNOWN]), st.binary())
)
def test_no_bytes_are_too_odd_to_be_looked_at(head: bytes) -> None:
    mime = recognise(head)

    assert mime is None or "/" in mime
