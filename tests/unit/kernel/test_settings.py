from pathlib import Path
from typing import Literal

import pytest

from kernel.secret import Secret
from kernel.settings import Settings, SettingsRefused

CANARY = "canary-9d"


class Studio(Settings):
    base_url: str = "http://127.0.0.1:8080"
    workers: int = 2
    profile: Literal["embedded", "distributed"] = "embedded"
    trusted_proxies: tuple[str, ...] = ()
    master_key: Secret | None = None


class Mail(Settings):
    prefix = "KEYREEL_MAIL_"
    url: Secret | None = None


def refused(environ: dict[str, str], **options: object) -> str:
    with pytest.raises(SettingsRefused) as error:
        Studio.from_env(environ, **options)  # type: ignore[arg-type]  # whatever a test passes
    return error.value.detail


def test_without_variables_the_defaults_hold():
    assert Studio.from_env({"PATH": "/bin"}) == Studio()


def test_variables_set_fields_of_every_kind():
    settings = Studio.from_env(
        {
            "KEYREEL_WORKERS": "8",
            "KEYREEL_PROFILE": "distributed",
            "KEYREEL_TRUSTED_PROXIES": "10.0.0.0/8, 192.168.0.0/16,",
            "KEYREEL_MASTER_KEY": CANARY,
        }
    )

    assert settings.workers == 8
    assert settings.profile == "distributed"
    assert settings.trusted_proxies == ("10.0.0.0/8", "192.168.0.0/16")
    assert settings.master_key == Secret(CANARY)
    assert CANARY not in repr(settings)


def test_b55_an_unknown_variable_is_refused_with_the_name_that_was_meant():
    assert refused({"KEYREEL_WORKER": "8"}) == "KEYREEL_WORKER is not a setting. Did you mean KEYREEL_WORKERS?"
    assert refused({"KEYREEL_ZZZ": "1"}) == "KEYREEL_ZZZ is not a setting."


def test_b55_a_wrong_value_is_refused_by_name_and_not_repeated():
    said = refused({"KEYREEL_WORKERS": CANARY})

    assert said.startswith("KEYREEL_WORKERS: ")
    assert CANARY not in said


def test_variables_of_models_read_beside_are_known():
    assert Studio.from_env({"KEYREEL_MAIL_URL": "smtp://x"}, beside=[Mail]) == Studio()
    assert Mail.from_env({"KEYREEL_MAIL_URL": "smtp://x"}, beside=[Studio]).url == Secret("smtp://x")
    assert "KEYREEL_MAIL_URL" in refused({"KEYREEL_MAIL_URL": "smtp://x"})


def test_the_switch_of_failpoints_is_no_unknown_setting():
    assert Studio.from_env({"KEYREEL_FAILPOINTS": "x=kill"}) == Studio()


def test_an_empty_variable_counts_as_not_set():
    assert Studio.from_env({"KEYREEL_WORKERS": "", "KEYREEL_MASTER_KEY": ""}) == Studio()


def test_defaults_of_the_caller_hold_until_a_variable_is_set():
    assert Studio.from_env({}, workers=5).workers == 5
    assert Studio.from_env({"KEYREEL_WORKERS": "6"}, workers=5).workers == 6


def test_a_secret_can_come_from_a_file(tmp_path: Path):
    file = tmp_path / "master"
    file.write_text(f"{CANARY}\n")

    assert Studio.from_env({"KEYREEL_MASTER_KEY_FILE": str(file)}).master_key == Secret(CANARY)
    assert "both" in refused({"KEYREEL_MASTER_KEY_FILE": str(file), "KEYREEL_MASTER_KEY": "x"})
    missing = refused({"KEYREEL_MASTER_KEY_FILE": str(tmp_path / "missing")})
    assert missing == "KEYREEL_MASTER_KEY_FILE names a file that can't be read."


def test_only_secrets_come_from_files():
    assert "KEYREEL_WORKERS_FILE is not a setting" in refused({"KEYREEL_WORKERS_FILE": "/etc/passwd"})
