"""Where threads lie in Facebook's and Instagram's exports (formats.md §1.1 and §5.1)."""

import re
from typing import Final

SECTIONS: Final = "inbox|archived_threads|filtered_threads|message_requests|e2ee_cutover"
THREAD_PATH = re.compile(rf"(?:^|.*/)({SECTIONS})/([^/]+)/[^/]+", re.IGNORECASE)

_INNER_FOLDERS: Final = re.compile(
    r"(?:^|/)(?:messages|your_[a-z_]+|personal_information|account_information|profile_information)$",
    re.IGNORECASE,
)


def is_from_instagram(path: str) -> bool:
    """Instagram's export has the same folders; only the folders around them tell it apart."""
    found = THREAD_PATH.fullmatch(path.lower())
    around = path.lower()[: found.start(1)] if found else path.lower()
    return around.rfind("instagram") > around.rfind("facebook")


def export_root(path: str) -> str:
    """The folder or archive that holds the whole export which the file is of."""
    found = THREAD_PATH.fullmatch(path)
    root = path[: found.start(1)].rstrip("/") if found else path.rpartition("/")[0]
    while inner := _INNER_FOLDERS.search(root):
        root = root[: inner.start()]
    return root
