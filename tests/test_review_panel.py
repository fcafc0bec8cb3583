"""The notebook's panel, worked without a browser: values set, buttons clicked, the ledger looked at."""

import html
import json
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.errors import UsageError
from analysis.exchange.evidence_html import Evidence, marked_html
from analysis.pipeline.night import open_night
from analysis.site import SitePaths, site_paths
from tests.review_site import (
    AS_OF,
    BENCH_ID,
    INCLUDED,
    LIGHT_ID,
    OUT_OF_SCOPE,
    POLICE_ID,
    TODAY,
    build_site,
    copy_site,
    next_night,
    put,
    record,
    review,
    tables,
)

pytest.importorskip("ipywidgets", reason="ipywidgets (dependency group notebook) is not installed")

from analysis.review_panel import ReviewPanel

NOTEBOOK = Path(__file__).parent.parent / "notebooks" / "复核与标注.ipynb"


@pytest.fixture(scope="module")
def first_night(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_site(tmp_path_factory.mktemp("site"))


@pytest.fixture
def site(first_night: Path, tmp_path: Path) -> SitePaths:
    return copy_site(first_night, tmp_path)


def open_at(site: SitePaths, complaint_id: str) -> ReviewPanel:
    panel = ReviewPanel(site)
    while panel.current is not None and panel.current["complaint_id"] != complaint_id:
        panel.skip.click()
    assert panel.current is not None
    panel.reviewer.value = "张三"
    return panel


def test_what_is_set_and_saved_stands_in_the_ledger(site: SitePaths) -> None:
    panel = open_at(site, LIGHT_ID)
    panel.decision.value = "in_scope"
    panel.codes.value = ("rough.attitude", "irregular.inaction")
    panel.unit.value = "城管"
    panel.reason.value = "当面推诿"
    panel.save.click()
    assert "已记入" in panel.message.value
    row = tables(site)["reviews"].iloc[0].to_dict()
    expected = {"complaint_id": LIGHT_ID, "reviewer": "张三", "reason": "当面推诿", "source": "notebook", **INCLUDED}
    expected["codes"] = "irregular.inaction;rough.attitude"
    assert {name: row[name] for name in expected} == expected
    assert row["reviewed_on"].date() == TODAY
    assert row["source_file"] == NOTEBOOK.name


def test_after_saving_the_next_one_is_shown_with_nothing_carried_over_but_the_reviewer(site: SitePaths) -> None:
    panel = open_at(site, BENCH_ID)
    panel.decision.value = "out_of_scope"
    panel.reason.value = "不涉及执法"
    panel.save.click()
    assert panel.current is not None
    assert panel.current["complaint_id"] != BENCH_ID
    left = (panel.decision.value, panel.codes.value, panel.unit.value, panel.reason.value, panel.is_final.value)
    assert left == (None, (), None, "", False)
    assert panel.reviewer.value == "张三"
    panel.back.click()
    panel.decision.value = "out_of_scope"
    panel.reason.value = "不涉及执法"
    panel.save.click()
    assert "没有变化" in panel.message.value
    assert len(tables(site)["reviews"]) == 1


def test_leaving_out_clears_and_locks_sub_problems_and_unit(site: SitePaths) -> None:
    panel = open_at(site, LIGHT_ID)
    assert panel.codes.disabled
    panel.decision.value = "in_scope"
    assert not panel.codes.disabled
    panel.codes.value, panel.unit.value = ("rough.attitude",), "城管"
    panel.decision.value = "out_of_scope"
    assert (panel.codes.value, panel.unit.value, panel.unit.disabled) == ((), None, True)
    panel.save.click()
    assert tables(site)["reviews"]["decision"].tolist() == ["out_of_scope"]


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({}, "请先选结论"),
        ({"decision": "in_scope"}, "至少选一个；决定纳入的要选单位类型"),
        ({"decision": "out_of_scope", "reviewer": " "}, "复核人没有填写"),
        ({"decision": "out_of_scope", "is_final": True}, "裁定要写明理由"),
    ],
)
def test_what_cannot_stand_is_said_and_nothing_is_recorded(
    site: SitePaths, settings: dict[str, object], words: str
) -> None:
    panel = open_at(site, LIGHT_ID)
    for name, value in settings.items():
        getattr(panel, name).value = value
    panel.save.click()
    assert words in panel.message.value
    assert panel.current is not None
    assert panel.current["complaint_id"] == LIGHT_ID
    assert tables(site)["reviews"].empty


def test_while_a_run_goes_on_the_panel_says_so(site: SitePaths) -> None:
    panel = open_at(site, LIGHT_ID)
    panel.decision.value = "out_of_scope"
    with open_night(site, AS_OF):
        panel.save.click()
    assert "另一次运行正在进行" in panel.message.value


def test_a_conflict_is_shown_with_its_opinions_and_ruled_on(site: SitePaths) -> None:
    record(site, review(LIGHT_ID, OUT_OF_SCOPE, **INCLUDED), review(LIGHT_ID, OUT_OF_SCOPE, reviewer="李四"))
    panel = ReviewPanel(site)
    assert "李四：不纳入" in panel.progress.value
    panel.reviewer.value = "王五"
    panel.decision.value, panel.reason.value, panel.is_final.value = "out_of_scope", "不涉及执法", True
    panel.save.click()
    assert bool(tables(site)["reviews"].query("reviewer == '王五'")["is_final"].item())


def test_leads_and_the_end_of_the_queue(site: SitePaths) -> None:
    lead = INCLUDED | {"codes": "rent_seeking.bribery"}
    record(site, review(LIGHT_ID, OUT_OF_SCOPE, **lead), review(LIGHT_ID, OUT_OF_SCOPE, reviewer="李四"))
    assert ReviewPanel(site, with_leads=True).current["complaint_id"] == LIGHT_ID  # type: ignore[index]
    panel = ReviewPanel(site)
    seen = []
    while panel.current is not None:
        seen.append(panel.current["complaint_id"])
        panel.skip.click()
    assert sorted(seen) == sorted([POLICE_ID, BENCH_ID])
    assert "已经看完" in panel.progress.value
    assert panel.save.disabled
    panel.back.click()
    assert panel.current is not None
    one = ReviewPanel(site, limit=1)
    one.skip.click()
    assert one.current is None


def test_text_is_never_markup(site: SitePaths) -> None:
    evil = ("<img src=x onerror=alert(1)>", "路灯不亮<script>alert(1)</script>&amp;")
    put(site, "12328工单9.csv", evil, first=22030009)
    next_night(site)
    panel = open_at(site, "L22030009")
    for value in (panel.document.value, panel.progress.value):
        assert "<script" not in value
        assert "<img" not in value
    assert html.escape(evil[1]) in panel.document.value


def test_the_evidence_is_marked(site: SitePaths) -> None:
    panel = open_at(site, POLICE_ID)
    assert re.search(
        r'<mark title="[^"]*执法程序不规范">交警贴了罚单从来不发短信告知，要求规范执法程序。</mark>',
        panel.document.value,
    )


_SPANS = st.lists(st.builds(Evidence, st.integers(-3, 30), st.integers(-3, 30), st.sampled_from(["甲", '"><b>'])))


@given(st.text("ab<>&\"'\n题", max_size=8), st.text("ab<>&\"'\n文", max_size=20), _SPANS)
def test_nothing_of_a_text_is_lost_or_becomes_markup(title: str, text: str, spans: list[Evidence]) -> None:
    shown = marked_html(title, text, spans)
    bare = re.sub(r'</?b>|<mark title="[^"<>]*">|</mark>|</div>|^<div style="[^"]*">', "", shown)
    assert "<" not in bare
    assert html.unescape(bare) == f"{title}\n{text}"
    marked = {i for e in spans if 0 <= e.start < e.end <= len(title) + 1 + len(text) for i in range(e.start, e.end)}
    inside = re.findall(r"<mark[^>]*>(.*?)</mark>", shown, re.DOTALL)
    assert sum(len(html.unescape(re.sub("</?b>", "", piece))) for piece in inside) == len(marked)


def test_before_the_first_run_it_is_explained(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="hotline run"):
        ReviewPanel(site_paths(tmp_path / "raw", tmp_path / "processed"))


def test_the_notebook_does_nothing_but_show_the_panel_and_holds_no_output(
    site: SitePaths, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = json.loads(NOTEBOOK.read_text(encoding="utf-8"))
    cells = [cell for cell in content["cells"] if cell["cell_type"] == "code"]
    assert [cell["source"] for cell in cells if cell["outputs"] or cell["execution_count"] is not None] == []
    source = "\n".join("".join(cell["source"]) for cell in cells)
    monkeypatch.setattr("analysis.site.home", lambda: site.processed.parent / "home")
    (site.processed.parent / "home" / "data").mkdir(parents=True)
    (site.processed.parent / "home" / "data" / "processed").symlink_to(site.processed)
    names: dict[str, object] = {}
    exec(compile(source, NOTEBOOK.name, "exec"), names)
    panel = names["panel"]
    assert isinstance(panel, ReviewPanel)
    assert panel.current is not None
