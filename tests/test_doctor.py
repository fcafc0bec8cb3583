"""`hotline doctor`: every finding is made to happen, told with its remedy, and gone once the remedy was taken."""

import importlib.metadata
import json
import os
import shutil
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from unittest.mock import patch

import duckdb
import matplotlib as mpl
import pytest
from filelock import FileLock

from analysis.classify.model_store import MODEL_FILE
from analysis.config import load_settings
from analysis.health import Facts, Finding, LastRun, Level, Service, Year, examine
from analysis.pipeline import examining
from analysis.pipeline.examining import examine_site, gather
from analysis.site import SitePaths
from tests.command import ROOT, hotline, hotline_here
from tests.review_site import build_site, copy_site, put

RULES = load_settings().doctor


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_site(tmp_path_factory.mktemp("examined"))


@pytest.fixture
def site(built: Path, tmp_path: Path) -> SitePaths:
    """A site of its own home, one night behind it, that a strict examiner finds nothing wrong with."""
    paths = copy_site(built, tmp_path / "data")
    (tmp_path / "data" / "raw").chmod(0o750)
    return replace(paths, settings=tmp_path, codebook=tmp_path / "codebook")


def found(site: SitePaths, check: str, service: Service | None = None) -> list[Finding]:
    return [f for f in examine_site(site, service) if f.check == check]


def levels(site: SitePaths, check: str) -> set[Level]:
    return {f.level for f in found(site, check)}


def facts(site: SitePaths, **changes: object) -> Facts:
    return replace(gather(site, load_settings(), [], None), **changes)  # type: ignore[arg-type]


def judged(facts: Facts, check: str) -> Finding:
    (finding,) = [f for f in examine(facts, RULES) if f.check == check]
    return finding


def test_a_sound_site_has_nothing_to_mend_and_the_command_ends_with_0(site: SitePaths) -> None:
    done = hotline("doctor", "--raw", site.raw, "--processed", site.processed, env={"PREFECT_API_URL": ""})
    text = done.stdout.decode()
    assert done.returncode == 0, text
    assert "须处理 0 项" in text
    heading, *rows, counts = text.splitlines()
    assert heading.split() == ["检查", "结果", "怎样办"]
    assert all(row.split()[1] in ("正常", "提示", "须处理") for row in rows)
    assert len(rows) == sum(int(part.split()[1]) for part in counts.split("，"))


def test_what_must_be_mended_ends_with_1_and_its_remedy_mends_it(site: SitePaths) -> None:
    site.ledger.chmod(0o644)
    done = hotline_here("doctor", "--raw", site.raw, "--processed", site.processed)
    assert done.returncode == 1
    (row,) = [line for line in done.stdout.splitlines() if "chmod go-rwx" in line]
    assert row.startswith("文件权限")
    subprocess.run(["/bin/sh", "-c", row[row.index("chmod") :]], check=True)
    assert stat.S_IMODE(site.ledger.stat().st_mode) == 0o600
    assert hotline_here("doctor", "--raw", site.raw, "--processed", site.processed).returncode == 0


def test_it_looks_but_changes_nothing(site: SitePaths) -> None:
    before = {p: (p.stat().st_mtime_ns, p.stat().st_mode) for p in sorted(site.processed.rglob("*"))}
    examine_site(site, None)
    assert {p: (p.stat().st_mtime_ns, p.stat().st_mode) for p in sorted(site.processed.rglob("*"))} == before


def test_an_empty_machine_is_no_fault(site: SitePaths, tmp_path: Path) -> None:
    bare = replace(site, processed=tmp_path / "new", key=tmp_path / "new" / "key")
    findings = examine_site(bare, None)
    assert [f for f in findings if f.level is Level.FAULT] == []
    assert found(bare, "上次运行")[0].remedy == "hotline run"


def test_all_that_is_wrong_with_settings_and_codebook_is_told_at_once(site: SitePaths) -> None:
    (site.settings / "hotline.toml").write_text("[doctor]\ncolour = 1\n", encoding="utf-8")
    site.codebook.mkdir()
    (site.codebook / "units.toml").write_text("[review", encoding="utf-8")
    (site.codebook / "holidays.toml").write_text("day = 3", encoding="utf-8")
    results = [f.result for f in found(site, "设置和代码本") if f.level is Level.FAULT]
    assert len(results) == 3
    for words in ("doctor.colour", "units.toml", "holidays.toml"):
        assert sum(words in result for result in results) == 1


def test_an_unknown_time_zone_is_a_wrong_setting(site: SitePaths) -> None:
    (site.settings / "hotline.toml").write_text('[site]\ntimezone = "Asia/Furong"\n', encoding="utf-8")
    assert "Asia/Furong" in found(site, "设置和代码本")[0].result


def test_fonts_without_chinese(site: SitePaths) -> None:
    assert levels(site, "字体") == {Level.FINE}
    latin = Path(mpl.get_data_path()) / "fonts" / "ttf" / "DejaVuSans.ttf"
    for path in (latin, site.raw / "no-such-font.ttf"):
        with patch("analysis.chinese_font.sans_path", return_value=path):
            assert levels(site, "字体") == {Level.FAULT}


def test_a_lock_that_is_held_and_one_held_too_long(site: SitePaths) -> None:
    assert found(site, "运行锁")[0].result == "没有运行占用"
    with FileLock(site.lock):
        (held,) = found(site, "运行锁")
        assert held.level is Level.FINE
        assert str(os.getpid()) in held.result
        old = datetime.now(UTC).timestamp() - (RULES.longest_run_hours + 1) * 3600
        os.utime(site.lock, (old, old))
        (stuck,) = found(site, "运行锁")
    assert stuck.level is Level.FAULT
    assert f"kill {os.getpid()}" in stuck.remedy
    assert levels(site, "运行锁") == {Level.FINE}


@pytest.mark.parametrize(("status", "word"), [("running", "中断"), ("failed", "失败")])
def test_a_run_that_was_cut_off_or_failed(site: SitePaths, status: str, word: str) -> None:
    with duckdb.connect(str(site.ledger)) as ledger:
        ledger.execute("UPDATE runs SET status = $1", [status])
    (finding,) = found(site, "上次运行")
    assert finding.level is Level.FAULT
    assert word in finding.result
    assert "hotline run" in finding.remedy


def test_no_room_for_another_snapshot(site: SitePaths) -> None:
    """The site lies on a disk of 8 MB of its own, where the system lets us make one; else the setting is huge."""
    (site.settings / "hotline.toml").write_text("[doctor]\nleast_free_mb = 999999999\n", encoding="utf-8")
    assert levels(site, "磁盘") == {Level.FAULT}
    (site.settings / "hotline.toml").unlink()
    script = (
        f"mount -t tmpfs -o size=8m none {site.raw} && mkdir {site.raw}/tickets {site.raw}/out && cd {ROOT}"
        f" && {sys.executable} -m flows.cli doctor --raw {site.raw} --processed {site.raw}/out"
    )
    done = subprocess.run(["unshare", "-rm", "/bin/sh", "-c", script], capture_output=True, text=True, check=False)
    if "mount" in done.stderr or "unshare" in done.stderr:
        pytest.skip("the system allows no disk of our own")
    (row,) = [line for line in done.stdout.splitlines() if line.startswith("磁盘")]
    assert row.split()[1] == "须处理"
    assert "8 MB" in row


def test_how_much_room_is_needed_follows_the_ledger(site: SitePaths) -> None:
    gigabyte = 2**30
    for free, level in ((60, Level.FINE), (20, Level.HINT), (10, Level.FAULT)):
        assert judged(facts(site, ledger_bytes=10 * gigabyte, free_bytes=free * gigabyte), "磁盘").level is level


@pytest.mark.parametrize("name", ["ledger", "snapshot", "key", "labels"])
def test_private_files_that_others_can_read(site: SitePaths, name: str, tmp_path: Path) -> None:
    site = replace(site, models=tmp_path / "models")
    site.labels.mkdir(mode=0o700)
    assert levels(site, "文件权限") <= {Level.FINE, Level.HINT}
    path = getattr(site, name)
    path.chmod(path.stat().st_mode | 0o004)
    (finding,) = [f for f in found(site, "文件权限") if f.level is Level.FAULT]
    assert str(path) in finding.result
    assert str(path) in finding.remedy
    if name == "key":
        assert levels(site, "密钥") == {Level.FAULT}


def test_a_key_that_is_gone_or_damaged(site: SitePaths) -> None:
    content = site.key.read_text()
    site.key.write_text("x")
    assert levels(site, "密钥") == {Level.FAULT}
    site.key.unlink()
    (finding,) = found(site, "密钥")
    assert finding.level is Level.FAULT
    assert "备份" in finding.remedy
    site.key.write_text(content)
    site.key.chmod(0o600)
    assert levels(site, "密钥") == {Level.FINE}


def test_an_open_umask_and_open_raw_files_are_hints(site: SitePaths) -> None:
    earlier = os.umask(0o027)
    try:
        assert levels(site, "文件权限") == {Level.FINE}
        os.umask(0o022)
        site.raw.chmod(0o755)
        assert [f.level for f in found(site, "文件权限")] == [Level.HINT, Level.HINT, Level.FINE]
    finally:
        os.umask(earlier)


def test_folders_that_this_account_may_not_enter(built: Path) -> None:
    """Root may enter everything: then the account without rights looks."""
    with TemporaryDirectory() as folder:  # pytest's own folders are closed to other accounts
        Path(folder).chmod(0o755)
        copied = copy_site(built, Path(folder) / "data")
        site = replace(copied, settings=Path(folder), codebook=Path(folder) / "codebook")
        for path in (site.raw.parent, site.raw, site.processed):
            path.chmod(0o755)
        secret = site.raw / "tickets" / "密.csv"
        secret.touch(0o000)
        if os.geteuid() == 0:
            for path in (site.processed, *site.processed.rglob("*")):
                os.chown(path, 65534, 65534)
        site.processed.chmod(0o555)
        examine_site(site, None)  # what is imported late is imported now
        user = os.geteuid()
        try:
            if user == 0:
                os.seteuid(65534)
            findings = examine_site(site, None)
        finally:
            os.seteuid(user)
        (finding,) = [f for f in findings if f.check == "原始文件"]
        assert (finding.level, "密.csv" in finding.result) == (Level.FAULT, True)
        site.processed.chmod(0)
        try:
            if user == 0:
                os.seteuid(65534)
            (only,) = examine_site(site, None)
        finally:
            os.seteuid(user)
        assert (only.level, str(site.processed) in only.result) == (Level.FAULT, True)
        site.processed.chmod(0o700)
        assert any(f.level is Level.FAULT and "不能写" in f.result for f in findings if f.check == "文件权限")


def test_raw_folders_missing_and_files_beside_them(site: SitePaths) -> None:
    put(site, "../misplaced.csv", ("a", "b"))
    (finding,) = found(site, "原始文件")
    assert (finding.level, "1 个表格" in finding.result) == (Level.HINT, True)
    shutil.rmtree(site.raw / "tickets")
    shutil.rmtree(site.raw / "posts")
    (finding,) = found(site, "原始文件")
    assert finding.level is Level.FAULT
    subprocess.run(["/bin/sh", "-c", finding.remedy], check=True)
    assert levels(site, "原始文件") == {Level.HINT}


def test_the_calendar_of_this_year_and_the_next(site: SitePaths) -> None:
    now = datetime(2026, 12, 30)
    next_year = (Year(2026, is_published=True, entered_days=0), Year(2027, is_published=False, entered_days=0))
    assert judged(facts(site, now=now, years=next_year), "工作日历").level is Level.HINT
    assert "暂估" in judged(facts(site, now=now, years=next_year), "工作日历").result
    neither = (Year(2027, is_published=False, entered_days=3), Year(2028, is_published=False, entered_days=0))
    late = judged(facts(site, now=datetime(2027, 1, 2), years=neither), "工作日历")
    assert late.level is Level.FAULT
    assert "只手工填了 3 天" in late.result
    site.codebook.mkdir()
    shutil.copy(ROOT / "analysis" / "codebook" / "holidays.toml", site.codebook)
    with (site.codebook / "holidays.toml").open("a", encoding="utf-8") as file:
        file.writelines(
            f'[[day]]\ndate = {datetime(2031, 1, 1) + timedelta(days=n):%Y-%m-%d}\nis_working = false\nbasis = "x"\n'
            for n in range(365)
        )
    years = list(examining._years(site, 2030))
    assert years == [Year(2030, is_published=False, entered_days=0), Year(2031, is_published=True, entered_days=365)]


def test_a_model_that_is_missing_or_no_longer_fits(site: SitePaths, tmp_path: Path) -> None:
    own = replace(site, models=tmp_path / "models")
    assert found(own, "判断模型")[0].remedy == "hotline train"
    shutil.copytree(site.models, own.models)
    assert levels(own, "判断模型") == {Level.FINE}
    note = own.models / "current.json"
    current = json.loads(note.read_text())
    model = own.models / current["model_id"] / MODEL_FILE
    content = model.read_bytes()
    model.write_bytes(b"damaged")
    assert "损坏" in found(own, "判断模型")[0].result
    model.write_bytes(content)
    own.codebook.mkdir()
    cues = (ROOT / "analysis" / "codebook" / "cues.toml").read_bytes()
    (own.codebook / "cues.toml").write_bytes(cues + b"\n# changed\n")
    assert "代码本不符" in found(own, "判断模型")[0].result
    note.write_text(json.dumps(current | {"learned": {"sha256": "0" * 64, "weight": 1.0, "guessed": None}}))
    assert levels(own, "判断模型") == {Level.FAULT}


def test_the_model_of_another_version_of_a_library(site: SitePaths) -> None:
    version = importlib.metadata.version
    with patch("analysis.training.version", lambda name: "0.0" if name == "numpy" else version(name)):
        assert "程序库版本不符" in found(site, "判断模型")[0].result


def test_a_snapshot_that_is_old_or_gone(site: SitePaths) -> None:
    old = datetime.now(UTC).timestamp() - 48 * 3600
    os.utime(site.snapshot, (old, old))
    (finding,) = found(site, "快照")
    assert (finding.level, "48 小时" in finding.result) == (Level.FAULT, True)
    site.snapshot.unlink()
    assert levels(site, "快照") == {Level.FAULT}


def test_a_head_or_a_ledger_that_cannot_be_trusted(site: SitePaths) -> None:
    head = site.ledger.with_suffix(".head")
    assert levels(site, "台账和链首") == {Level.FINE}
    kept = json.loads(head.read_text())
    for content in ("", json.dumps(kept | {"sequence": kept["sequence"] + 1}), json.dumps(kept | {"hash": "0"})):
        head.write_text(content)
        assert levels(site, "台账和链首") == {Level.FAULT}
    head.unlink()
    assert levels(site, "台账和链首") == {Level.FAULT}
    head.write_text(json.dumps(kept))
    site.ledger.write_bytes(b"no database")
    assert levels(site, "台账和链首") == {Level.FAULT}
    site.ledger.unlink()
    assert levels(site, "台账和链首") == {Level.FAULT}


def test_while_a_run_goes_on_the_snapshot_tells_of_the_last_one(site: SitePaths) -> None:
    hold = f"import duckdb, sys; c = duckdb.connect({str(site.ledger)!r}); print('ready', flush=True); sys.stdin.read()"
    holder = subprocess.Popen([sys.executable, "-c", hold], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert holder.stdout is not None
    assert holder.stdin is not None
    holder.stdout.readline()
    try:
        assert "完成" in found(site, "上次运行")[0].result
        assert "正在运行" in found(site, "台账和链首")[0].result
    finally:
        holder.stdin.close()
        holder.wait(20)


def test_a_clock_behind_the_last_run(site: SitePaths) -> None:
    assert levels(site, "时钟") == {Level.FINE}
    run = LastRun("R1", datetime(2030, 1, 2, 2, 30), datetime(2030, 1, 2, 2, 40), "finished")
    behind = judged(facts(site, last_run=run, now=datetime(2030, 1, 2, 2, 39)), "时钟")
    assert behind.level is Level.FAULT
    assert "2030-01-02 02:40" in behind.result
    with duckdb.connect(str(site.ledger)) as ledger:
        ledger.execute("UPDATE runs SET finished_at = finished_at + INTERVAL 10 YEAR")
    assert levels(site, "时钟") == {Level.FAULT}


@pytest.fixture
def machine_time(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], None]]:
    """Sets the time zone of this process."""
    with monkeypatch.context() as patched:

        def choose(zone: str) -> None:
            patched.setenv("TZ", zone)
            time.tzset()

        yield choose
    time.tzset()


def test_a_machine_in_another_time_zone(site: SitePaths, machine_time: Callable[[str], None]) -> None:
    for zone, level in (("Asia/Shanghai", Level.FINE), ("UTC", Level.HINT)):
        machine_time(zone)
        assert levels(site, "时区") == {level}


def test_little_memory(site: SitePaths) -> None:
    for megabytes, level in ((4000, Level.FINE), (2000, Level.HINT), (1000, Level.FAULT)):
        assert judged(facts(site, free_memory_bytes=megabytes * 2**20), "内存").level is level
    (site.settings / "hotline.toml").write_text("[doctor]\nleast_memory_mb = 999999999\n", encoding="utf-8")
    assert levels(site, "内存") == {Level.HINT}
    (site.settings / "hotline.toml").write_text("[ingest]\nread_memory_mb = 999999999\n", encoding="utf-8")
    assert levels(site, "内存") == {Level.FAULT}


def test_prefect_is_asked_for_only_where_it_is_configured(site: SitePaths, monkeypatch: pytest.MonkeyPatch) -> None:
    arguments = ("doctor", "--raw", site.raw, "--processed", site.processed)
    dead = "http://127.0.0.1:9/api"

    def row() -> str:
        done = hotline_here(*arguments)
        return next(line for line in done.stdout.splitlines() if line.startswith("Prefect"))

    monkeypatch.setenv("PREFECT_API_URL", "")
    assert "没有使用" in row()
    monkeypatch.setenv("PREFECT_API_URL", dead)
    assert "须处理" in row()
    monkeypatch.setenv("PREFECT_API_URL", "")
    site.served_by.write_text(dead, encoding="utf-8")
    assert "须处理" in row()
    assert levels(site, "Prefect服务") == {Level.FINE}
    assert {f.level for f in found(site, "Prefect服务", Service(dead, answers=True))} == {Level.FINE}


def test_names_in_brackets_are_shown_as_they_are(site: SitePaths) -> None:
    odd = replace(site, raw=site.raw.parent / "[bold]原始")
    assert "[bold]原始" in hotline_here("doctor", "--raw", odd.raw, "--processed", site.processed).stdout
