"""Timeline → formats of other programs. Pure: a timeline in, text out."""

from storyboard.exporters.ass import export_ass
from storyboard.exporters.credits import Attribution, credits_json, credits_text
from storyboard.exporters.otio import export_otio
from storyboard.exporters.subtitles import export_srt, export_vtt
from storyboard.exporters.table import batch_report_csv, csv_text

__all__ = [
    "Attribution",
    "batch_report_csv",
    "credits_json",
    "credits_text",
    "csv_text",
    "export_ass",
    "export_otio",
    "export_srt",
    "export_vtt",
]
