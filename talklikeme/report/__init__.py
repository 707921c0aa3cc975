"""The data report: what the chats hold, as one page that opens offline.

`ChatStatistics` counts in the second pass; `render_report` turns the sums and the ledger into HTML.
"""

from talklikeme.report.page import render_report
from talklikeme.report.statistics import ChatStatistics

__all__ = ["ChatStatistics", "render_report"]
