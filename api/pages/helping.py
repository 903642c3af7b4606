"""Which help there is, and which of it is about a page: templates/help holds one text for each topic."""

from pathlib import Path

TOPICS: dict[str, str] = {}
"""What a topic is called, by its file's name: its first line says so, `{# 名称 #}`."""
for _file in sorted((Path(__file__).parent / "templates" / "help").glob("*.html")):
    TOPICS[_file.stem] = _file.read_text("utf-8").splitlines()[0].removeprefix("{#").removesuffix("#}").strip()


def about(template: str) -> str | None:
    """The topic of a page by its template: `project_compare.html` is helped by `project_compare`, or else by `project`."""
    stem = template.removesuffix(".html")
    while stem and stem not in TOPICS:
        stem = stem.rpartition("_")[0]
    return stem or None
