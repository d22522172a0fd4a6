"""CSV and JSONL → rows, and rows against a template."""

from __future__ import annotations

import csv
import io

import pytest

from storyboard import StoryboardInvalid
from storyboard.exporters import batch_report_csv, csv_text
from storyboard.importers import batch, csv_rows, jsonl_rows

TEMPLATE = {
    "version": "storyboard/1",
    "fields": [{"name": "NAME", "required": True}, {"name": "PRICE", "default": "9"}],
    "scenes": [
        {
            "id": "a",
            "duration": 2,
            "narration": {"text": "{{NAME}} {{PRICE}}"},
            "visual": {"type": "color", "color": "#000000"},
        }
    ],
}


def wrong(read, *arguments):
    with pytest.raises(StoryboardInvalid) as caught:
        read(*arguments)
    return [(violation.pointer, violation.code) for violation in caught.value.violations]


def values(table):
    return [(row.number, dict(row.values)) for row in table.rows]


def test_rows_are_values_by_column_and_empty_cells_are_no_values():
    table = csv_rows('Name,unit price\r\nAnn,"1,5"\r\n"B\n""b""",\r\n')
    assert table.columns == ("NAME", "UNIT_PRICE")
    assert values(table) == [(2, {"NAME": "Ann", "UNIT_PRICE": "1,5"}), (3, {"NAME": 'B\n"b"'})]
    assert table.notices == ()


@pytest.mark.parametrize("mark", [";", "\t", "|"])
def test_b40_other_delimiters_are_recognised_with_a_notice(mark):
    table = csv_rows(f'"A,x"{mark}B\n1{mark}2\n'.replace("A,x", "A x"))
    assert values(table) == [(2, {"A_X": "1", "B": "2"})]
    assert [notice.code for notice in table.notices] == ["delimiter_assumed"]


def test_b40_one_column_needs_no_delimiter():
    assert values(csv_rows("NAME\nAnn; Bob\n")) == [(2, {"NAME": "Ann; Bob"})]


def test_b40_byte_order_mark_latin_1_and_formulas_are_read_as_text():
    assert values(csv_rows("\ufeffNAME\n=cmd|'/c calc'!A1\n".encode())) == [(2, {"NAME": "=cmd|'/c calc'!A1"})]
    table = csv_rows("NAME\nJosé\n".encode("latin-1"))
    assert values(table) == [(2, {"NAME": "José"})]
    assert [notice.code for notice in table.notices] == ["encoding_assumed"]


@pytest.mark.parametrize("data", ["", " \n", b"\xef\xbb\xbf"])
def test_b40_an_empty_file_has_no_rows(data):
    assert wrong(csv_rows, data) == [("", "no_rows")]
    assert wrong(jsonl_rows, data) == [("", "no_rows")]


def test_b40_a_header_alone_has_no_rows():
    assert wrong(csv_rows, "NAME,PRICE\n\n") == [("/row/1", "no_rows")]


def test_b40_a_missing_header_is_named_cell_by_cell():
    assert wrong(csv_rows, "Ann,9.50,\nBob,3,x\n") == [("/row/1/2", "header_missing"), ("/row/1/3", "header_missing")]
    assert wrong(csv_rows, ",,\n") == [("/row/1/1", "header_missing")]
    assert wrong(csv_rows, "A,b,a\n1,2,3") == [("/row/1/3", "duplicate_key")]


def test_b40_rows_of_other_length_are_all_reported_by_number():
    found = wrong(csv_rows, "A,B\n1,2\n\n1\n1,2,3\n1,2\n")
    assert found == [("/row/4", "malformed_row"), ("/row/5", "malformed_row")]


@pytest.mark.parametrize("row", ['"Ann,1\nBob,2\n', '"Ann"x,1\n'])
def test_b40_unbalanced_quotes_name_the_row_they_begin_in(row):
    assert wrong(csv_rows, f"A,B\nok,1\n{row}") == [("/row/3", "unbalanced_quotes")]


def test_b40_a_million_rows_are_too_many_and_ten_thousand_are_not():
    assert wrong(csv_rows, b"A\n" + b"x\n" * 1_000_000) == [("", "too_many_rows")]
    assert wrong(jsonl_rows, b'{"A":"x"}\n' * 1_000_000) == [("", "too_many_rows")]
    assert wrong(csv_rows, b"A,B\n" + b"x\n" * 10_001) == [("", "too_many_rows")]
    assert len(csv_rows("A\n" + "x\n" * 10_000).rows) == 10_000


def test_b40_a_cell_of_many_megabytes_is_refused():
    assert wrong(csv_rows, "A\n" + "x" * 200_000) == [("/row/2", "text_too_long")]


def test_jsonl_lines_are_objects_of_text_and_numbers():
    table = jsonl_rows('{"A": "x", "B": 1.50}\n\n{"A": null, "C": 3, "D": 1e3}\n')
    assert values(table) == [(1, {"A": "x", "B": "1.5"}), (3, {"C": "3", "D": "1000"})]
    assert table.columns == ("A", "B", "C", "D")


def test_every_wrong_line_of_jsonl_is_reported():
    text = '{"A": 1}\n{"A": true, "B": [1], "C": 1e999}\n[1]\n{"A": 1, "A": 2}\n{broken\n{"A": NaN}'
    assert wrong(jsonl_rows, text) == [
        ("/row/2/A", "invalid_type"),
        ("/row/2/B", "invalid_type"),
        ("/row/2/C", "invalid_type"),
        ("/row/3", "invalid_type"),
        ("/row/4", "duplicate_key"),
        ("/row/5", "malformed_json"),
        ("/row/6", "malformed_json"),
    ]


def test_each_row_of_a_batch_is_checked_on_its_own():
    rows = batch(TEMPLATE, csv_rows(f"NAME,PRICE\nAnn,1\n,2\n{'x' * 5001},3\nBob,\n"))
    assert [(row.number, [wrong.code for wrong in row.violations]) for row in rows] == [
        (2, []),
        (3, ["missing_variable"]),
        (4, ["text_too_long"]),
        (5, []),
    ]
    assert rows[2].violations[0].pointer == "/scenes/0/narration/text"


def test_what_is_wrong_with_all_rows_is_said_once():
    assert wrong(batch, TEMPLATE, csv_rows("COLOUR,PRICE\nred,1\n")) == [
        ("/row/1/COLOUR", "unknown_variable"),
        ("/row/1", "missing_variable"),
    ]


def test_b40_exports_disarm_formulas_and_read_back():
    cells = ["=cmd", "+1", "-1", "@x", "\tx", "  =x", "\uff1dx", "plain", 'a "b", c\nd', ""]
    read = next(csv.reader(io.StringIO(csv_text(cells, []), newline="")))
    assert read == ["'=cmd", "'+1", "'-1", "'@x", "'\tx", "'  =x", "'\uff1dx", "plain", 'a "b", c\nd', ""]


def test_the_report_of_a_batch_says_row_by_row_what_became_of_it():
    rows = batch(TEMPLATE, csv_rows("NAME,PRICE\n=Ann,1\n,2\n"))
    header, first, second = csv.reader(io.StringIO(batch_report_csv(rows), newline=""))
    assert header == ["row", "status", "problems", "NAME", "PRICE"]
    assert first == ["2", "ready", "", "'=Ann", "1"]
    assert second[:2] == ["3", "invalid"]
    assert "/fields/0 missing_variable: " in second[2]
