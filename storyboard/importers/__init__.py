"""Other formats → storyboard/1. Pure: text or bytes in, a storyboard document and notices out.

Every importer raises StoryboardInvalid with all that is wrong at once. Formats made of lines have no JSON pointer;
there a violation's pointer is `/line/<n>` or `/row/<n>`, counted from 1, and its message names the number too.
What could be kept only in part, or not at all, becomes a Notice; nothing is dropped in silence.
"""

from storyboard.importers.batch import BatchRow, batch
from storyboard.importers.shotstack import import_shotstack
from storyboard.importers.source import Imported
from storyboard.importers.subtitles import import_srt, import_vtt
from storyboard.importers.table import Row, Table, csv_rows, jsonl_rows
from storyboard.importers.text import import_text

__all__ = [
    "BatchRow",
    "Imported",
    "Row",
    "Table",
    "batch",
    "csv_rows",
    "import_shotstack",
    "import_srt",
    "import_text",
    "import_vtt",
    "jsonl_rows",
]
