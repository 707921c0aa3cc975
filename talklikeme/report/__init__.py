"""The data report: what the chats hold, as one page that opens offline.

`ChatStatistics` counts in the second pass, `count_rows` from pairs that are there already;
`render_report` turns the sums and the ledger into HTML.
"""

from talklikeme.report.from_pairs import count_rows
from talklikeme.report.page import render_report
from talklikeme.report.statistics import ChatStatistics

__all__ = ["ChatStatistics", "count_rows", "render_report"]
