"""The quarantine's way back: out as a workbook, mended in its cells, handed in, accepted, resolved."""

from datetime import date
from pathlib import Path

import openpyxl
import pytest

from analysis.errors import UsageError
from analysis.ledger.store import Reader
from analysis.pipeline.quarantine import export_quarantine, open_entries, resubmit_quarantine
from analysis.pipeline.stages import run_night
from analysis.site import SitePaths, site_paths
from tests.command import hotline

AS_OF = date(2026, 11, 20)
TICKETS = (
    "受理编号,登记时间,来电人,来电号码,标题,工单内容\n"
    "22030001,2022年3月5日 8时1分,欧阳小芳,13800138000,出租车拒载,出租车司机拒载。\n"
    "22030002,3/5/2022,赵铁柱,13900139000,公交不停站,公交车到站不停。\n"
)
POSTS = (
    "留言编号,留言用户,留言主题,留言时间,留言详情,点赞数,反对数\n"
    "2301,网友甲,路灯,2023/3/5 8:01,路灯不亮。,0,0\n"
    ",网友乙,井盖,2023/3/6 8:01,井盖坏了。,0,0\n"
)


@pytest.fixture
def site(tmp_path: Path) -> SitePaths:
    for name, content in (("tickets/12328工单.csv", TICKETS), ("posts/红网问政湖南.csv", POSTS)):
        (tmp_path / "raw" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "raw" / name).write_text(content, encoding="utf-8")
    paths = site_paths(tmp_path / "raw", tmp_path / "processed")
    counts = run_night(paths, AS_OF)
    assert (counts["accepted"], counts["quarantined"]) == (2, 2)
    return paths


def mend(path: Path, heading: str, wrong: object, right: str) -> None:
    """Type the right value into the one cell under `heading` that holds the wrong one."""
    book = openpyxl.load_workbook(path)
    found = 0
    for sheet in book:
        for row in sheet.iter_rows():
            for cell in row:
                above = [sheet.cell(r, cell.column).value for r in range(1, cell.row)]
                if heading in above and (cell.value or "") == (wrong or ""):
                    cell.value = right
                    found += 1
    assert found == 1
    book.save(path)


def test_mended_rows_are_accepted_under_their_own_platform_and_resolved(site: SitePaths, tmp_path: Path) -> None:
    workbook = tmp_path / "待改.xlsx"
    assert export_quarantine(site, workbook) == 2
    assert workbook.stat().st_mode & 0o777 == 0o600
    mend(workbook, "登记时间", "3/5/2022", "2022-03-05 09:00")
    mend(workbook, "留言编号", None, "2302")
    assert resubmit_quarantine(site, workbook).is_file()
    counts = run_night(site, AS_OF)
    assert (counts["accepted"], counts["quarantined"]) == (2, 0)
    with Reader.open(site.snapshot) as reader:
        tables = reader.tables()
    assert sorted(tables["complaints"]["complaint_id"]) == ["L22030001", "L22030002", "T2301", "T2302"]
    assert tables["quarantine"]["status"].tolist() == ["resolved", "resolved"]
    assert open_entries(site).empty
    assert "赵铁柱" not in "".join(tables["complaints"]["text"])


def test_a_row_that_was_not_mended_stays_open(site: SitePaths, tmp_path: Path) -> None:
    workbook = tmp_path / "待改.xlsx"
    export_quarantine(site, workbook)
    mend(workbook, "留言编号", None, "2302")
    resubmit_quarantine(site, workbook)
    counts = run_night(site, AS_OF)
    assert (counts["accepted"], counts["quarantined"]) == (1, 1)
    still_open = open_entries(site)
    assert set(still_open["reason_code"]) == {"ambiguous_date"}


def test_what_is_no_mended_workbook_is_refused(site: SitePaths, tmp_path: Path) -> None:
    for name, words in (("没有.xlsx", "没有文件"), ("表.csv", "不是 .xlsx")):
        if name.endswith("csv"):
            (tmp_path / name).write_text("a,b\n")
        with pytest.raises(UsageError, match=words):
            resubmit_quarantine(site, tmp_path / name)
    workbook = tmp_path / "待改.xlsx"
    export_quarantine(site, workbook)
    resubmit_quarantine(site, workbook)
    with pytest.raises(UsageError, match="已经存在"):
        resubmit_quarantine(site, workbook)


def test_a_raw_file_that_changed_since_is_not_mistaken_for_the_one_that_was_read(
    site: SitePaths, tmp_path: Path
) -> None:
    path = site.raw / "tickets" / "12328工单.csv"
    path.write_text(TICKETS.replace("公交不停站", "别的"), encoding="utf-8")
    workbook = tmp_path / "待改.xlsx"
    assert export_quarantine(site, workbook) == 2
    assert "不能在此修改" in openpyxl.load_workbook(workbook).sheetnames
    assert {"13900139000", "别的"}.isdisjoint(texts(workbook))
    assert "网友乙" in texts(workbook)


def test_a_raw_file_that_is_gone_or_damaged_does_not_block_the_others(site: SitePaths, tmp_path: Path) -> None:
    (site.raw / "tickets" / "12328工单.csv").unlink()
    (site.raw / "posts" / "红网问政湖南.csv").write_text("")
    assert export_quarantine(site, tmp_path / "待改.xlsx") == 2
    assert openpyxl.load_workbook(tmp_path / "待改.xlsx").sheetnames == ["不能在此修改"]


def test_a_renamed_raw_file_is_found_and_keeps_its_platform(site: SitePaths, tmp_path: Path) -> None:
    (site.raw / "tickets" / "12328工单.csv").rename(site.raw / "tickets" / "旧.csv")
    export_quarantine(site, tmp_path / "待改.xlsx")
    assert {"13900139000", "12328热线"} <= texts(tmp_path / "待改.xlsx")


def test_a_row_mended_wrongly_comes_out_again_and_is_resolved(site: SitePaths, tmp_path: Path) -> None:
    first, second = tmp_path / "一.xlsx", tmp_path / "二.xlsx"
    export_quarantine(site, first)
    mend(first, "登记时间", "3/5/2022", "4/5/2022")
    resubmit_quarantine(site, first)
    assert run_night(site, AS_OF)["accepted"] == 0
    export_quarantine(site, second)
    assert "3/5/2022" not in texts(second)
    assert not any("（隔离）" in text for text in texts(second))
    mend(second, "登记时间", "4/5/2022", "2022-03-05 09:00")
    resubmit_quarantine(site, second)
    assert run_night(site, AS_OF)["accepted"] == 1
    with Reader.open(site.snapshot) as reader:
        entries = reader.tables()["quarantine"]
    of_first = entries[entries["file_name"].str.endswith("一.xlsx") & (entries["reason_code"] == "ambiguous_date")]
    assert of_first["status"].tolist() == ["resolved"]


def texts(workbook: Path) -> set[str]:
    return {str(c.value) for sheet in openpyxl.load_workbook(workbook) for row in sheet.iter_rows() for c in row}


def test_a_mended_workbook_stays_private(site: SitePaths, tmp_path: Path) -> None:
    workbook = tmp_path / "待改.xlsx"
    export_quarantine(site, workbook)
    workbook.chmod(0o644)
    assert resubmit_quarantine(site, workbook).stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("name", ["README改.xlsx", ".改.xlsx", "~$改.xlsx"])
def test_a_name_that_no_run_reads_is_refused(site: SitePaths, tmp_path: Path, name: str) -> None:
    export_quarantine(site, tmp_path / name)
    with pytest.raises(UsageError, match="请改名"):
        resubmit_quarantine(site, tmp_path / name)


def test_another_workbook_is_refused(site: SitePaths, tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    book.worksheets[0].append(["工单编号", "受理时间", "诉求内容"])
    book.save(tmp_path / "工单.xlsx")
    with pytest.raises(UsageError, match="不是由 hotline quarantine export 导出"):
        resubmit_quarantine(site, tmp_path / "工单.xlsx")
    (tmp_path / "坏.xlsx").write_bytes(b"PK\x03\x04")
    with pytest.raises(UsageError, match="读不出来"):
        resubmit_quarantine(site, tmp_path / "坏.xlsx")


def test_whole_files_are_listed_too(tmp_path: Path) -> None:
    paths = site_paths(tmp_path / "raw", tmp_path / "processed")
    (paths.raw / "tickets").mkdir(parents=True)
    for name in ("12345_1月.csv", "12345_2月.csv"):
        (paths.raw / "tickets" / name).touch()
    assert run_night(paths, AS_OF)["unreadable_files"] == 2
    done = hotline("quarantine", "list", "--processed", paths.processed)
    assert done.returncode == 0, done.stderr.decode()
    assert "共 2 条待处理" in done.stdout.decode()
    assert " 第 " not in done.stdout.decode()


def test_the_list_names_place_and_reason_but_no_value(site: SitePaths) -> None:
    done = hotline("quarantine", "list", "--processed", site.processed)
    text = done.stdout.decode()
    assert done.returncode == 0
    assert "tickets/12328工单.csv" in text
    assert "第 3 行" in text
    assert "共 2 条待处理" in text
    assert "3/5/2022" not in text
    assert "赵铁柱" not in text


def test_trace_leads_from_problem_and_complaint_to_file_and_row(site: SitePaths) -> None:
    done = hotline("trace", "L22030001", "--processed", site.processed, "--raw", site.raw, "--show-raw")
    text = done.stdout.decode()
    assert done.returncode == 0, done.stderr.decode()
    assert "tickets/12328工单.csv 第 2 行" in text
    assert "欧阳小芳" in text.split("原始行")[-1] if "原始行" in text else "欧阳小芳" in text
    masked = hotline("trace", "L22030001", "--processed", site.processed).stdout.decode()
    assert "欧阳小芳" not in masked
    assert "模型 m-" in masked
