import copy
import json
import logging
import pickle
import traceback
from dataclasses import asdict, dataclass

import pytest
from pydantic import BaseModel, TypeAdapter, ValidationError

from kernel.secret import Secret

VALUE = "sk-live-canary-7Q"


class Account(BaseModel):
    key: Secret
    spare: Secret | None = None


@dataclass
class Held:
    key: Secret


def test_a_secret_gives_its_value_to_who_asks_for_it():
    assert Secret(VALUE).reveal() == VALUE


@pytest.mark.parametrize(
    "printed",
    [
        str(Secret(VALUE)),
        repr(Secret(VALUE)),
        f"{Secret(VALUE)}",
        f"{Secret(VALUE)!r:>40}",
        "{}".format(Secret(VALUE)),  # noqa: UP032 - another way to print
        "%s" % Secret(VALUE),  # noqa: UP031 - another way to print
        repr([Secret(VALUE)]),
        repr(Held(Secret(VALUE))),
        repr(asdict(Held(Secret(VALUE)))),
        repr(Account(key=Secret(VALUE))),
        repr(Account(key=Secret(VALUE)).model_dump()),
        Account(key=Secret(VALUE)).model_dump_json(),
        TypeAdapter(Secret).dump_json(Secret(VALUE)).decode(),
        json.dumps(Account(key=Secret(VALUE)).model_dump(), default=str),
    ],
)
def test_a_secret_is_never_printed(printed: str):
    assert VALUE not in printed
    assert "<secret>" in printed


def test_a_secret_does_not_reach_a_log_or_a_traceback(caplog: pytest.LogCaptureFixture):
    key = Secret(VALUE)
    try:
        raise ValueError(key)
    except ValueError as error:
        logging.getLogger("x").exception("failed with %s", key)
        told = "".join(traceback.format_exception(error))

    assert VALUE not in caplog.text
    assert VALUE not in told


def test_a_secret_does_not_become_json():
    with pytest.raises(TypeError):
        json.dumps({"key": Secret(VALUE)})


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_a_secret_is_never_pickled(protocol: int):
    with pytest.raises(TypeError) as refused:
        pickle.dumps(Held(Secret(VALUE)), protocol)

    assert VALUE not in str(refused.value)


def test_a_secret_shows_no_value_among_its_attributes():
    key = Secret(VALUE)

    assert not hasattr(key, "__dict__")
    with pytest.raises(AttributeError):
        key.note = "x"  # type: ignore[attr-defined]  # that it has none is the point


def test_secrets_compare_by_value_and_cannot_be_hashed():
    assert Secret(VALUE) == Secret(VALUE)
    assert Secret(VALUE) != Secret("other")
    assert Secret(VALUE) != VALUE
    assert copy.deepcopy(Secret(VALUE)) == Secret(VALUE)
    with pytest.raises(TypeError):
        hash(Secret(VALUE))


def test_a_model_reads_a_secret_from_json_and_refuses_what_is_no_text():
    assert Account.model_validate_json(f'{{"key": "{VALUE}"}}').key.reveal() == VALUE
    assert Account.model_json_schema()["properties"]["key"]["writeOnly"] is True
    with pytest.raises(ValidationError):
        Account.model_validate({"key": 7})
