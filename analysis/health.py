"""Judges the state of an installation: facts that were gathered elsewhere in, findings with their remedies out."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum
from pathlib import Path

from analysis.config import Doctor

_MB = 2**20
_SHOWN = 3
_OTHERS_READ = 0o004


class Level(Enum):
    """How grave a finding is."""

    FINE = "正常"
    HINT = "提示"
    FAULT = "须处理"


@dataclass(frozen=True)
class Finding:
    """What one check found, and what to do about it (empty where there is nothing to do)."""

    check: str
    level: Level
    result: str
    remedy: str = ""


@dataclass(frozen=True)
class Holder:
    """The process that holds the lock of the run, and since when."""

    pid: int
    since: datetime


@dataclass(frozen=True)
class LastRun:
    """The newest run of the ledger; `status` is a value of RUNS, `finished_at` None while it is not over."""

    run_id: str
    started_at: datetime
    finished_at: datetime | None
    status: str


@dataclass(frozen=True)
class Year:
    """How well the calendar knows a year: from the built-in data, or from so many days entered by hand."""

    year: int
    is_published: bool
    entered_days: int


@dataclass(frozen=True)
class Model:
    """The model in use: its id, what it no longer fits (empty: all is well), and what is damaged for good."""

    model_id: str = ""
    misfit: str = ""
    fault: str = ""


@dataclass(frozen=True)
class Service:
    """The Prefect server that this site is configured for, and whether it answers."""

    url: str
    answers: bool


@dataclass(frozen=True)
class Facts:
    """Everything that the checks look at.

    settings_faults: what is wrong with settings and codebook, one Chinese line each.
    font_fault: why figures cannot render Chinese; empty if they can.
    holder: who holds the lock of the run; None: nobody.
    free_bytes: free space where the results lie. ledger_bytes: size of ledger and snapshot together.
    exposed: private files and folders that others can read. open_raw: whether every account can read the raw files.
    unwritable: folders that this account cannot write to.
    umask: of this account. has_key: whether there is a key of the complainants' digests. key_fault: what is wrong
        with it; empty if all is well.
    years: this year and the next. snapshot_at: when the snapshot was published.
    ledger_fault: why ledger or head of the chain cannot be trusted; empty if they can. event_count: events in the
        chain; None if the ledger was not looked into.
    now: local time of the site, as are all other times. machine_offset, site_offset: time zones, east of UTC.
    raw_fault: why no run could start on the raw folder. unreadable: files and folders below it that this account
        cannot read. misplaced: tables beside tickets/ and posts/.
    notified_count: addresses that notices go to. notice_fault: whom the last one did not reach, or why that is not
        known (Chinese); empty if all is well.
    free_memory_bytes: available memory; None where the system does not tell.
    """

    settings_faults: tuple[str, ...]
    font_fault: str
    holder: Holder | None
    free_bytes: int
    ledger_bytes: int
    processed: Path
    exposed: tuple[Path, ...]
    open_raw: bool
    unwritable: tuple[Path, ...]
    umask: int
    has_key: bool
    key_fault: str
    years: tuple[Year, ...]
    model: Model
    snapshot_at: datetime | None
    last_run: LastRun | None
    ledger_fault: str
    event_count: int | None
    now: datetime
    timezone: str
    machine_offset: timedelta
    site_offset: timedelta
    service: Service | None
    raw: Path
    raw_fault: str
    unreadable: tuple[Path, ...]
    misplaced: tuple[str, ...]
    notified_count: int
    notice_fault: str
    free_memory_bytes: int | None
    read_memory_bytes: int


def examine(facts: Facts, rules: Doctor) -> list[Finding]:
    """Return the findings of all checks in the order in which they should be mended."""
    return [
        *_settings(facts),
        _clock(facts),
        _time_zone(facts),
        *_permissions(facts),
        _ledger(facts),
        _lock(facts, rules),
        _last_run(facts),
        _snapshot(facts, rules),
        _disk(facts, rules),
        _memory(facts, rules),
        _raw(facts),
        _model(facts),
        _calendar(facts),
        _service(facts),
        _notices(facts),
        _font(facts),
    ]


def closed_to_us(folder: Path) -> Finding:
    """Return the finding for a folder that this account cannot enter, so that nothing else can be looked at."""
    remedy = "换用平时运行的账号；或请管理员 chown 给这个账号"
    return Finding("文件权限", Level.FAULT, f"现在的账号进不了 {folder}，其余无法检查", remedy)


def _settings(facts: Facts) -> Iterator[Finding]:
    for fault in facts.settings_faults:
        yield Finding("设置和代码本", Level.FAULT, fault, "按左边的说明修改，再执行 hotline doctor")
    if not facts.settings_faults:
        yield Finding("设置和代码本", Level.FINE, "都读得出来")


def _clock(facts: Facts) -> Finding:
    run = facts.last_run
    latest = (run.finished_at or run.started_at) if run else None
    if latest and facts.now < latest:
        return Finding(
            "时钟",
            Level.FAULT,
            f"现在 {_moment(facts.now)}，早于上次运行的 {_moment(latest)}",
            "校准时间（date 查看，timedatectl set-ntp true 或 date -s 校准）；校准前不要运行，否则时限会算错",
        )
    return Finding("时钟", Level.FINE, f"现在 {_moment(facts.now)}（{facts.timezone}）")


def _time_zone(facts: Facts) -> Finding:
    if facts.machine_offset != facts.site_offset:
        return Finding(
            "时区",
            Level.HINT,
            f"机器的时区与设置 site.timezone（{facts.timezone}）差 {_hours(facts.machine_offset - facts.site_offset)}",
            f"台账不受影响；用 cron 的，02:30 是机器的时间：timedatectl set-timezone {facts.timezone}",
        )
    return Finding("时区", Level.FINE, f"机器与设置一致（{facts.timezone}）")


def _permissions(facts: Facts) -> Iterator[Finding]:
    name = "文件权限"
    before = len(facts.exposed) + len(facts.unwritable)
    if facts.exposed:
        names = " ".join(f"'{path}'" for path in facts.exposed)
        yield Finding(name, Level.FAULT, f"其他用户能读 {_listed(facts.exposed)}", f"chmod go-rwx {names}")
    if facts.unwritable:
        yield Finding(
            name,
            Level.FAULT,
            f"现在的账号不能写 {_listed(facts.unwritable)}",
            "换用平时运行的账号；或请管理员 chown 给这个账号",
        )
    if facts.key_fault:
        yield Finding("密钥", Level.FAULT, facts.key_fault, "从单独的备份恢复密钥；不要新造")
    else:
        yield Finding("密钥", Level.FINE, "可用，只有本账号能读" if facts.has_key else "第一次运行时生成")
    if facts.open_raw:
        remedy = f"chmod -R o-rwx '{facts.raw}'"
        yield Finding(name, Level.HINT, f"任何用户都能读原始文件（{facts.raw}）", remedy)
    if not facts.umask & _OTHERS_READ:
        remedy = "在账号的 ~/.profile 里写 umask 027；systemd 单元里已写 UMask"
        yield Finding(name, Level.HINT, f"umask 是 {facts.umask:03o}，新放入的文件任何用户都能读", remedy)
    if not before:
        yield Finding(name, Level.FINE, "私密文件只有本账号能读")


def _ledger(facts: Facts) -> Finding:
    if facts.ledger_fault:
        return Finding(
            "台账和链首", Level.FAULT, facts.ledger_fault, "停止运行，保留现场，按 docs/管理员.md 从备份恢复"
        )
    if facts.event_count is None:
        return Finding("台账和链首", Level.FINE, "没有查看：还没有台账，或正在运行")
    return Finding(
        "台账和链首", Level.FINE, f"打得开，链首与 {facts.event_count} 条事件相符；全面核对用 hotline verify"
    )


def _lock(facts: Facts, rules: Doctor) -> Finding:
    if facts.holder is None:
        return Finding("运行锁", Level.FINE, "没有运行占用")
    held = facts.now - facts.holder.since
    told = f"进程 {facts.holder.pid} 正在运行，{_moment(facts.holder.since)} 开始"
    if held > timedelta(hours=rules.longest_run_hours):
        return Finding(
            "运行锁",
            Level.FAULT,
            f"{told}，已 {_hours(held)}，多半卡住了",
            f"看日志确认没有进展后 kill {facts.holder.pid}，再执行 hotline run：从断点继续，不丢",
        )
    return Finding("运行锁", Level.FINE, told)


def _last_run(facts: Facts) -> Finding:
    run, name = facts.last_run, "上次运行"
    if run is None:
        return Finding(name, Level.HINT, "还没有运行过", "hotline run")
    told = f"{run.run_id}，{_moment(run.started_at)} 开始"
    if run.status == "finished":
        return Finding(name, Level.FINE, f"{told}，完成")
    if run.status == "running" and facts.holder is not None:
        return Finding(name, Level.FINE, f"{told}，正在进行")
    how = "失败" if run.status == "failed" else "中断"
    return Finding(name, Level.FAULT, f"{told}，{how}", "先改好本表其他各项，再执行 hotline run：从断点继续")


def _snapshot(facts: Facts, rules: Doctor) -> Finding:
    if facts.snapshot_at is None:
        if facts.last_run is None:
            return Finding("快照", Level.FINE, "第一次运行后发布")
        return Finding("快照", Level.FAULT, "运行过，却没有快照", "hotline run")
    age = facts.now - facts.snapshot_at
    told = f"{_moment(facts.snapshot_at)} 发布"
    if age > timedelta(hours=rules.oldest_snapshot_hours):
        return Finding(
            "快照",
            Level.FAULT,
            f"{told}，已 {_hours(age)}：夜间运行没有按时完成",
            "hotline run 补跑一次即可；再查 cron、systemd 定时或 hotline serve 是否还在",
        )
    return Finding("快照", Level.FINE, told)


def _disk(facts: Facts, rules: Doctor) -> Finding:
    needed = rules.least_free_mb * _MB + int(rules.free_share_of_ledger * facts.ledger_bytes)
    told = f"{facts.processed} 所在磁盘余 {_size(facts.free_bytes)}，一夜要留 {_size(needed)}"
    # The night writes a second snapshot beside the first: without room for that it cannot end.
    if facts.free_bytes < needed:
        return Finding("磁盘", Level.FAULT, told, "清理磁盘，或把 data 移到更大的盘（HOTLINE_HOME）")
    if facts.free_bytes < 2 * needed:
        return Finding("磁盘", Level.HINT, told, "近期清理磁盘或扩容")
    return Finding("磁盘", Level.FINE, told)


def _memory(facts: Facts, rules: Doctor) -> Finding:
    if facts.free_memory_bytes is None:
        return Finding("内存", Level.FINE, "系统没有说明")
    told = f"可用 {_size(facts.free_memory_bytes)}"
    if facts.free_memory_bytes < facts.read_memory_bytes:
        remedy = "停掉别的程序或加内存；读文件的子进程最多要用设置 ingest.read_memory_mb 那么多"
        return Finding("内存", Level.FAULT, f"{told}，不到 {_size(facts.read_memory_bytes)}", remedy)
    if facts.free_memory_bytes < rules.least_memory_mb * _MB:
        return Finding("内存", Level.HINT, f"{told}，不到 {_size(rules.least_memory_mb * _MB)}", "夜间停掉别的程序")
    return Finding("内存", Level.FINE, told)


def _raw(facts: Facts) -> Finding:
    name = "原始文件"
    if facts.raw_fault:
        return Finding(name, Level.FAULT, facts.raw_fault, f"mkdir -p '{facts.raw}'/tickets '{facts.raw}'/posts")
    if facts.unreadable:
        return Finding(
            name,
            Level.FAULT,
            f"现在的账号读不了 {_listed(facts.unreadable)}",
            "请放文件的人改权限（chmod g+rX），或 chown 给运行账号",
        )
    if facts.misplaced:
        told = f"有 {len(facts.misplaced)} 个表格放在 tickets/ 和 posts/ 之外，不会读取"
        return Finding(name, Level.HINT, told, f"移进 {facts.raw} 的 tickets/ 或 posts/")
    return Finding(name, Level.FINE, f"{facts.raw} 都读得到")


def _model(facts: Facts) -> Finding:
    model = facts.model
    if model.fault:
        return Finding("判断模型", Level.FAULT, model.fault, "按左边的说明处理")
    if not model.model_id:
        return Finding("判断模型", Level.HINT, "还没有模型，下次运行会先训练几分钟", "hotline train")
    if model.misfit:
        told = f"{model.model_id} 与现在的{model.misfit}不符，下次运行会先重新训练几分钟"
        return Finding("判断模型", Level.HINT, told, "白天先执行 hotline train --if-needed")
    return Finding("判断模型", Level.FINE, f"{model.model_id}，与程序、语料、代码本相符")


def _calendar(facts: Facts) -> Finding:
    unknown = [year for year in facts.years if not year.is_published]
    if not unknown:
        return Finding("工作日历", Level.FINE, "、".join(f"{year.year} 年" for year in facts.years) + " 已公布")
    told = "；".join(_year_told(year) for year in unknown)
    is_current = any(year.year == facts.now.year for year in unknown)
    return Finding(
        "工作日历",
        Level.FAULT if is_current else Level.HINT,
        f"{told}，跨到该年的时限标“暂估”",
        "国务院办公厅通知发布后升级程序（chinesecalendar），或在 codebook/holidays.toml 逐日填写",
    )


def _year_told(year: Year) -> str:
    entered = f"只手工填了 {year.entered_days} 天" if year.entered_days else "没有放假安排"
    return f"{year.year} 年{entered}"


def _service(facts: Facts) -> Finding:
    if facts.service is None:
        return Finding("Prefect服务", Level.FINE, "没有使用")
    if facts.service.answers:
        return Finding("Prefect服务", Level.FINE, f"{facts.service.url} 有应答")
    return Finding(
        "Prefect服务",
        Level.FAULT,
        f"{facts.service.url} 没有应答，夜间不会运行",
        "hotline serve（systemctl restart hotline）；不再使用 Prefect 的，"
        f"取消 PREFECT_API_URL 并删除 {facts.processed / 'prefect-service.url'}",
    )


def _notices(facts: Facts) -> Finding:
    if facts.notice_fault:
        remedy = "检查 hotline.toml 的 notify.urls 和网络，再执行 hotline remind --test"
        return Finding("通知", Level.FAULT, facts.notice_fault, remedy)
    if not facts.notified_count:
        return Finding("通知", Level.FINE, "没有设置地址（notify.urls），失败和超期不另外通知")
    return Finding("通知", Level.FINE, f"{facts.notified_count} 个地址，最近一次都送到了")


def _font(facts: Facts) -> Finding:
    if facts.font_fault:
        remedy = "重新安装程序（make setup 或 install.sh）：字体在 pylopdf-fonts-zh-cn 里"
        return Finding("字体", Level.FAULT, facts.font_fault, remedy)
    return Finding("字体", Level.FINE, "图表能显示中文")


def _listed(paths: tuple[Path, ...]) -> str:
    more = f" 等 {len(paths)} 处" if len(paths) > _SHOWN else ""
    return "、".join(map(str, paths[:_SHOWN])) + more


def _moment(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M}"


def _hours(span: timedelta) -> str:
    return f"{abs(span.total_seconds()) / 3600:.0f} 小时"


def _size(count: int) -> str:
    return f"{count / 2**30:.1f} GB" if count >= 2**30 else f"{count / _MB:.0f} MB"
