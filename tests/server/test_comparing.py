from datetime import timedelta

import pytest

from civitai_engagement.errors import BadInput
from civitai_engagement.inputs.times import age_of, zone_of


@pytest.mark.parametrize(
    ("text", "age"),
    [
        ("90min", timedelta(minutes=90)),
        ("24h", timedelta(hours=24)),
        (" 7 D ", timedelta(days=7)),
        ("2w", timedelta(days=14)),
    ],
)
def test_an_age_is_a_number_with_its_unit(text: str, age: timedelta) -> None:
    assert age_of("at_age", text) == age


@pytest.mark.parametrize("text", ["", "24", "0h", "-1h", "1.5h", "999999h", "24h7d", "h", "٣h", "a day"])
def test_what_is_no_age_says_how_to_write_one(text: str) -> None:
    with pytest.raises(BadInput, match="Write a number with min, h, d or w, such as 24h or 7d"):
        age_of("at_age", text)


def test_a_time_zone_is_an_iana_name_and_utc_where_none_is_given() -> None:
    assert [zone_of(name).key for name in ("Europe/Berlin", " UTC ", "")] == ["Europe/Berlin", "UTC", "UTC"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Europe/Berln", "Did you mean Europe/Berlin"),
        ("europe/berlin ", "Did you mean Europe/Berlin"),
        ("berlin", "Did you mean Europe/Berlin"),
        ("New York", "Did you mean America/New_York"),
        ("America", "Pass an IANA name such as Europe/Berlin"),
        ("../../etc/passwd", "Pass an IANA name such as Europe/Berlin"),
        ("/etc/passwd", "Pass an IANA name such as Europe/Berlin"),
        ("Atlantis/" + "o" * 5000, "Pass an IANA name such as Europe/Berlin"),
    ],
)
def test_what_is_no_time_zone_names_the_ones_that_are_like_it(text: str, said: str) -> None:
    with pytest.raises(BadInput) as refused:
        zone_of(text)
    assert said in str(refused.value)
    assert len(str(refused.value)) < 200
