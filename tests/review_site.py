"""A small site with one night behind it, for tests of human review: built once, copied for each test."""

import shutil
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd

from analysis.config import load_settings
from analysis.ledger.store import Reader
from analysis.pipeline.night import open_night, today
from analysis.pipeline.reviewing import record_reviews
from analysis.pipeline.stages import STAGES, run_night, run_stage
from analysis.site import SitePaths, site_paths
from analysis.text import text_digest

AS_OF = date(2026, 11, 20)
TODAY = today(load_settings())
HEAD = "受理编号,登记时间,来电人,来电号码,标题,工单内容\n"
IN_SCOPE = ("交警贴单不告知", "交警贴了罚单从来不发短信告知，要求规范执法程序。")
OUT_OF_SCOPE = ("路灯不亮", "小区门口的路灯不亮，请派人修理。")
BENCH = ("公园长椅坏了", "公园里的长椅断了一条腿，请派人修理。")
LIGHT_ID, POLICE_ID, BENCH_ID = "L22030001", "L22030002", "L22030003"


def put(site: SitePaths, name: str, *statements: tuple[str, str], first: int = 22030001) -> None:
    rows = (
        f"{first + i},2026年3月5日 8时1分,欧阳小芳,13800138000,{title},{text}\n"
        for i, (title, text) in enumerate(statements)
    )
    (site.raw / "tickets" / name).write_text(HEAD + "".join(rows), encoding="utf-8")


def build_site(folder: Path) -> Path:
    """Make a site with one night behind it, two complaints out of scope and one in scope; return its folder."""
    for kind in ("tickets", "posts"):
        (folder / "raw" / kind).mkdir(parents=True)
    paths = site_paths(folder / "raw", folder / "processed")
    put(paths, "12328工单1.csv", OUT_OF_SCOPE, IN_SCOPE, BENCH)
    run_night(paths, AS_OF)
    return folder


def copy_site(built: Path, folder: Path) -> SitePaths:
    """Return a copy of a built site in an empty folder."""
    shutil.copytree(built, folder, dirs_exist_ok=True)
    return site_paths(folder / "raw", folder / "processed")


def next_night(site: SitePaths, as_of: date = AS_OF) -> dict[str, int]:
    """Run the stages that change the ledger, without writing workbooks; return their counts."""
    with open_night(site, as_of) as night:
        for stage in STAGES[:-1]:
            run_stage(night, stage)
        return dict(night.counts)


def review(complaint_id: str, said: tuple[str, str], **more: Any) -> dict[str, Any]:
    """Return a review that leaves the complaint out, unless `more` says otherwise."""
    row: dict[str, Any] = {
        "complaint_id": complaint_id,
        "text_digest": text_digest(*said),
        "decision": "out_of_scope",
        "codes": "",
        "unit_kind": None,
        "reviewer": "张三",
        "reason": "",
        "is_final": False,
        "reviewed_on": TODAY,
        "source": "workbook",
        "source_file": "复核表.xlsx",
        "source_row": 5,
    }
    return row | more


INCLUDED: dict[str, Any] = {"decision": "in_scope", "codes": "rough.attitude;irregular.inaction", "unit_kind": "城管"}


def record(site: SitePaths, *rows: dict[str, Any]) -> dict[str, int]:
    return record_reviews(site, pd.DataFrame(rows))


def tables(site: SitePaths) -> dict[str, pd.DataFrame]:
    with Reader.open(site.ledger) as reader:
        return reader.tables()


def decision(site: SitePaths, complaint_id: str) -> dict[str, Any]:
    gate = tables(site)["gate_decisions"].set_index("complaint_id")
    return gate.loc[complaint_id].to_dict()


def kinds(site: SitePaths) -> list[str]:
    return tables(site)["events"].sort_values("sequence")["kind"].tolist()
