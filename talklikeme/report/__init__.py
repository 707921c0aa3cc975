"""The data report: what the chats hold, as one page that opens offline.

`statistics` counts in the second pass, in every process; `from_pairs` counts pairs that are there
already; `page` turns the sums and the ledger into HTML, and is the only one that needs to draw.
"""
