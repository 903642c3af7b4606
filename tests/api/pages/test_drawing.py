"""Pictures are pure: what they are given is drawn, escaped, and never lies upon another."""

import re
from datetime import date
from decimal import Decimal

from api.pages.drawing import curves, lanes, life
from api.pages.drawing.svg import SHAPES, Axis, element, fitted
from api.telling import columns

DAY = date(2026, 6, 30)
WORDS = life.Words("图", "说明", "视角", "今天", "至今", "另有 {count} 条", SHAPES)


def test_what_is_drawn_is_escaped_and_stands_where_its_day_is():
    assert element("text", '<b>"&', x=1.25, class_='a"b') == '<text x="1.2" class="a&#34;b">&lt;b&gt;&#34;&amp;</text>'
    axis = Axis(date(2026, 1, 1), date(2026, 12, 31), 100, 464)
    assert [axis.x(d) for d in (date(2026, 1, 1), date(2026, 1, 11), date(2030, 1, 1))] == [100, 110, 464]
    for years in (1, 3, 11, 120):
        assert len(list(Axis(date(2000, 1, 1), date(2000 + years, 1, 1), 0, 1).ticks())) <= 14


def test_a_text_is_as_long_as_there_is_room():
    assert fitted("西湖里", 40) == "西湖里"
    assert fitted("西湖里城市会客厅", 60) == "西湖里城…"
    assert fitted("西湖里", 10) == ""
    assert all(columns(fitted("西a" * 50, room)) <= room / 6 for room in range(0, 400, 7))
    assert fitted("a\u202eb\nc", 90) == "a b c"


def test_marks_too_near_are_one_of_the_gravest_shape_and_a_count():
    marks = [life.Mark(DAY, shape, shape, f"/{n}") for n, shape in enumerate(("plain", "late", "annulled", "corrected"))]
    drawn = life.life(
        [], [life.Lane("道", [*marks, life.Mark(date(2025, 1, 1), "plain", "早", "/9")])], DAY, DAY, WORDS, "#list"
    )
    assert len(re.findall(r'<a href="#list"', drawn)) == 1
    assert '<a href="/9"' in drawn
    assert ">4</text>" in drawn
    assert len(re.findall(r'<line [^>]*class="mark annulled"', drawn)) == 4  # one cross, and the legend's


def test_tenures_of_one_role_at_once_stand_in_tracks_of_their_own():
    def held(since: int, until: int | None) -> lanes.Held:
        return lanes.Held(date(2026, since, 1), date(2026, until, 1) if until else None, "甲", "甲")

    tracks = lanes.stacked([held(5, None), held(1, 3), held(3, 6), held(6, 7)])
    assert [[(h.since.month, h.until and h.until.month) for h in track] for track in tracks] == [
        [(1, 3), (3, 6), (6, 7)],
        [(5, None)],
    ]


def test_a_curve_steps_at_its_days_and_sums_below_zero_are_drawn():
    points = [(date(2026, 1, 1), Decimal(100)), (date(2026, 3, 1), Decimal(-50))]
    drawn = curves.curves(
        [curves.Curve("received", "到位", points)], DAY, DAY, str, curves.Words("图", "说明", "视角", "今天")
    )
    assert re.search(r'<path d="M\S+ \S+H\S+V\S+H\S+" class="curve received">', drawn)
    assert ">-50</text>" in drawn
