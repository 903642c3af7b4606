"""What must last on a disk, and be its owner's alone."""

import os
from pathlib import Path


def settle(folder: Path) -> None:
    """A name in a folder lasts only once the folder itself is on the disk."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def private(folder: Path) -> None:
    """The folder and those above it that are missing, for their owner only."""
    if not folder.is_dir():
        private(folder.parent)
        folder.mkdir(mode=0o700, exist_ok=True)
        settle(folder.parent)
