"""Merge fields: {{NAME}} is replaced by text, once, and nothing is ever evaluated."""

from __future__ import annotations

import pytest

from storyboard import StoryboardInvalid, parse_storyboard


def board(text, *fields, **members):
    scene = {"id": "a", "duration": 2, "narration": {"text": text}, "visual": {"type": "color", "color": "#000000"}}
    return {"version": "storyboard/1", "fields": list(fields), "scenes": [scene], **members}


def narration(document, values=None):
    return parse_storyboard(document, values).scenes[0].narration.text


def wrong(document, values=None):
    with pytest.raises(StoryboardInvalid) as caught:
        parse_storyboard(document, values)
    return [(violation.pointer, violation.code) for violation in caught.value.violations]


A = {"name": "A"}


def test_a_value_comes_before_the_default_and_that_before_nothing():
    template = board("x{{A}}", {**A, "default": "d"})
    assert narration(template, {"A": "v"}) == "xv"
    assert narration(template) == "xd"
    assert narration(template, {"A": ""}) == "x"
    assert narration(board("x{{A}}", A)) == "x"


def test_fields_work_in_any_string_and_several_times():
    template = board("{{A}}{{A}}", {**A, "default": "tea"}, title="On {{A}}")
    parsed = parse_storyboard(template)
    assert (parsed.title, parsed.scenes[0].narration.text) == ("On tea", "teatea")


def test_defaults_may_use_fields_declared_before_and_after():
    fields = ({"name": "A", "default": "<{{B}}>"}, {"name": "B", "default": "b{{C}}"}, {"name": "C", "default": "c"})
    assert narration(board("{{A}} {{C}}", *fields)) == "<bc> c"
    assert narration(board("{{A}}", *fields), {"B": "{{C}}"}) == "<{{C}}>"


def test_b35_values_are_never_replaced_again_nor_evaluated():
    template = board("{{A}} {{7*7}} {{config}} {{ A }} {{a}}", {**A, "default": ""}, {"name": "B", "default": "secret"})
    assert narration(template, {"A": "{{B}}{{7*7}}"}) == "{{B}}{{7*7}} {{7*7}} {{config}} {{ A }} {{a}}"


def test_b35_missing_extra_and_mistyped_values_come_at_once():
    template = board("{{A}}{{NEW}}", {**A, "required": True}, {"name": "B"}, title="{{OTHER}}{{OTHER}}")
    assert wrong(template, {"B": 5, "C": "x"}) == [
        ("", "invalid_type"),
        ("", "unknown_variable"),
        ("/fields/0", "missing_variable"),
        ("/scenes/0/narration/text", "missing_variable"),
        ("/title", "missing_variable"),
    ]


def test_a_required_field_with_a_default_needs_no_value():
    assert narration(board("{{A}}", {**A, "required": True, "default": "d"})) == "d"


@pytest.mark.parametrize("names", ["A", "AB", "ABCDEFGH"])
def test_b34_a_circle_of_defaults_is_a_cyclic_reference(names):
    fields = [
        {"name": name, "default": f"x{{{{{names[(index + 1) % len(names)]}}}}}"} for index, name in enumerate(names)
    ]
    found = wrong(board("x", *fields))
    assert ("/fields/0/default", "cyclic_reference") in found
    assert {code for _, code in found} == {"cyclic_reference"}


def test_b34_a_given_value_breaks_the_circle():
    fields = ({"name": "A", "default": "{{B}}"}, {"name": "B", "default": "{{A}}"})
    assert narration(board("{{A}}", *fields), {"B": "b"}) == "b"


def test_b34_a_chain_of_a_hundred_fields_is_followed():
    fields = [{"name": f"F{n}", "default": f"{{{{F{n + 1}}}}}"} for n in range(99)]
    assert narration(board("{{F0}}", *fields, {"name": "F99", "default": "end"})) == "end"


def test_b34_fields_that_double_each_other_do_not_fill_the_memory():
    fields = [{"name": f"F{n}", "default": f"{{{{F{n + 1}}}}}" * 2} for n in range(99)]
    found = wrong(board("{{F0}}", *fields, {"name": "F99", "default": "x"}))
    assert {code for _, code in found} <= {"text_too_long", "blank"}


def test_b34_a_long_text_of_long_fields_is_refused_before_it_is_made():
    found = wrong(board("{{A}}" * 100_000, {**A, "default": "x" * 5000}))
    assert set(found) == {("/scenes/0/narration/text", "text_too_long")}


def test_a_hundred_thousand_declarations_are_too_many_and_nothing_else():
    fields = [{"name": f"F{n}", "default": f"{{{{F{n + 1}}}}}"} for n in range(100_000)]
    assert wrong(board("x", *fields)) == [("/fields", "too_many")]


def test_declaring_a_name_twice_is_an_error():
    assert wrong(board("{{A}}x", A, A)) == [("/fields/1/name", "duplicate_id")]
