"""A small site for tests of explanations and of the assistant: a few tickets, and bounds that leave work to people."""

import shutil
from dataclasses import replace
from datetime import date
from pathlib import Path

import pandas as pd

from analysis.contracts import TABLES
from analysis.ledger.store import Reader
from analysis.pipeline.night import open_night
from analysis.pipeline.stages import STAGES, run_stage
from analysis.site import SitePaths, site_paths

AS_OF = date(2026, 11, 20)
HEAD = "受理编号,登记时间,来电人,来电号码,标题,工单内容\n"
PHONE, NAME = "13800138000", "欧阳小芳"
POLICE = ("交警贴单不告知", f"我是{NAME}，电话{PHONE}。交警贴了罚单从来不发短信告知，没有任何告知，要求规范执法程序。")
LIGHT = ("路灯不亮", "小区门口的路灯不亮，请派人修理。")
LEAD = ("交警收钱放行", "治超站的交警收了钱就放行，不给好处费就扣车，索贿受贿，请查处。")
POLICE_ID, LIGHT_ID, LEAD_ID = "L22030001", "L22030002", "L22030003"
EVERYTHING_TO_REVIEW = "[classify]\nreview_from = 0.0\ninclude_from = 1.0\n"


def make_site(folder: Path, settings: str = "") -> SitePaths:
    """Return an empty site with settings of its own."""
    for kind in ("tickets", "posts"):
        (folder / "raw" / kind).mkdir(parents=True)
    (folder / "hotline.toml").write_text(settings, encoding="utf-8")
    return replace(site_paths(folder / "raw", folder / "processed"), settings=folder)


def copy_site(site: SitePaths, folder: Path) -> SitePaths:
    """Return a copy of a site in an empty folder."""
    shutil.copytree(site.settings, folder, dirs_exist_ok=True)
    return replace(site_paths(folder / "raw", folder / "processed"), settings=folder)


def put(site: SitePaths, name: str, *statements: tuple[str, str], first: int = 22030001) -> None:
    """Write tickets with ids from `first` on."""
    rows = (
        f"{first + i},2026年3月5日 8时1分,{NAME},{PHONE},{title},{text}\n" for i, (title, text) in enumerate(statements)
    )
    (site.raw / "tickets" / name).write_text(HEAD + "".join(rows), encoding="utf-8")


def work(site: SitePaths) -> dict[str, int]:
    """Run the stages that change the ledger, without writing workbooks; return their counts."""
    with open_night(site, AS_OF) as night:
        for stage in STAGES[:-1]:
            run_stage(night, stage)
        return dict(night.counts)


def tables(site: SitePaths) -> dict[str, pd.DataFrame]:
    """Return what stands in the ledger."""
    with Reader.open(site.ledger) as reader:
        return {t.name: reader.table(t) for t in TABLES if t.is_published}
