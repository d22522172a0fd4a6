"""The committed schemas and vectors are what the code makes, and cover what they promise."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
VECTORS = ROOT / "contracts" / "vectors"
SCHEMAS = ROOT / "contracts" / "schemas"


def read(path):
    return json.loads(path.read_text("utf-8"))


def test_committed_schemas_and_vectors_are_what_the_code_makes():
    run = subprocess.run(
        [sys.executable, str(ROOT / "tools" / "make_vectors.py"), "--check"],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        cwd=ROOT,
        env={"PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin"},
    )
    assert (run.returncode, run.stdout) == (0, ""), run.stdout + run.stderr


def test_a_changed_vector_is_noticed(tmp_path):
    copy = tmp_path / "tools"
    copy.mkdir()
    (copy / "make_vectors.py").write_text((ROOT / "tools" / "make_vectors.py").read_text("utf-8"), "utf-8")
    (copy / "vectors").symlink_to(ROOT / "tools" / "vectors")
    target = tmp_path / "contracts" / "vectors"
    target.mkdir(parents=True)
    command = [sys.executable, str(copy / "make_vectors.py")]
    environment = {"PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin"}
    subprocess.run(command, check=True, env=environment, capture_output=True, timeout=120)
    easing = target / "easing.json"
    easing.write_text(easing.read_text("utf-8").replace("0.5", "0.50001", 1), "utf-8")
    run = subprocess.run(
        [*command, "--check"], check=False, env=environment, capture_output=True, text=True, timeout=120
    )
    assert (run.returncode, run.stdout) == (1, "differs: contracts/vectors/easing.json\n")


def test_the_vectors_cover_what_they_promise():
    compiled = read(VECTORS / "compile.json")["cases"]
    invalid = read(VECTORS / "invalid.json")
    assert len(compiled) >= 25
    assert sum(len(cases) for cases in invalid.values()) >= 60
    assert all(case["violations"] for cases in invalid.values() for case in cases)
    names = " ".join(case["name"] for cases in invalid.values() for case in cases)
    assert all(row in names for row in ("B27", "B28", "B29", "B30", "B32", "B33", "B34", "B35"))
    scenes = [scene for case in compiled for scene in case["timeline"]["scenes"]]
    assert len({scene["motion"]["effect"] for scene in scenes}) == 7
    assert len({scene["motion"]["easing"] for scene in scenes}) == 5
    assert {scene["picture"].get("fit") for scene in scenes} >= {"cover", "contain", "blur", "fill"}
    assert len({scene["transition"]["type"] for scene in scenes}) == 13
    assert len({case["timeline"]["captions"]["style"] for case in compiled}) == 7
    assert len({layer["animation"] for scene in scenes for layer in scene["layers"]}) == 5
    assert {case["case"] for case in read(VECTORS / "plan.json")["cases"]} == {case["name"] for case in compiled}


def test_the_vectors_are_small_enough_to_read():
    assert sum(path.stat().st_size for path in VECTORS.iterdir()) < 3_000_000


@pytest.mark.parametrize("name", ["storyboard-1", "timeline-1"])
def test_schemas_are_closed_and_their_references_resolve(name):
    schema = read(SCHEMAS / f"{name}.schema.json")
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert schema["$id"] == f"urn:keyreel:schema:{name}"

    def check(node):
        if isinstance(node, list):
            for item in node:
                check(item)
        elif isinstance(node, dict):
            if "properties" in node and node.get("type") == "object":
                assert node["additionalProperties"] is False
            if "$ref" in node:
                assert node["$ref"].removeprefix("#/$defs/") in schema["$defs"]
            for value in node.values():
                check(value)

    check(schema)


def test_the_storyboard_schema_holds_the_limits():
    schema = read(SCHEMAS / "storyboard-1.schema.json")
    assert schema["properties"]["scenes"]["maxItems"] == 500
    assert schema["required"] == ["version", "scenes"]
    definitions = schema["$defs"]
    assert definitions["Canvas"]["properties"]["fps"]["enum"] == [24, 25, 30, 50, 60]
    assert definitions["Canvas"]["properties"]["width"]["maximum"] == 4096
    assert definitions["Narration"]["properties"]["text"]["maxLength"] == 5000
    assert definitions["Narration"]["properties"]["padStart"]["maximum"] == 14400
