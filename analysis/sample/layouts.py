"""How each platform's export looks: its file, its headings, its way to write a time, its format."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from analysis.sample.compose import Complaint
from analysis.sample.writers import DelimitedText, Row, Workbook, Writer, write_html_xls, write_json, write_jsonl

# Excel counts days from this one.
_EXCEL_EPOCH = datetime(1899, 12, 30)  # noqa: DTZ001  # local time, as exports write it

Value = Callable[[Complaint, str], str | float | None]


@dataclass(frozen=True)
class Layout:
    """One export: where it lies, the prefix its source gives to ids, its columns, and the writer of its format."""

    file_name: str
    id_prefix: str
    columns: dict[str, Value]
    write: Writer

    def row(self, complaint: Complaint, native_id: str) -> Row:
        """Return the complaint as a row of this export."""
        return [value(complaint, native_id) for value in self.columns.values()]


def _slashes(c: Complaint, _id: str) -> str:
    return f"{c.at.year}/{c.at.month}/{c.at.day} {c.at.hour}:{c.at:%M}"


def _chinese(c: Complaint, _id: str) -> str:
    return f"{c.at.year}年{c.at.month}月{c.at.day}日 {c.at.hour}时{c.at.minute}分"


def _compact(c: Complaint, _id: str) -> str:
    return f"{c.at:%Y%m%d%H%M%S}"


def _minutes(c: Complaint, _id: str) -> str:
    return f"{c.at:%Y-%m-%d %H:%M}"


def _serial(c: Complaint, _id: str) -> float:
    return round((c.at - _EXCEL_EPOCH).total_seconds() / 86400, 6)


def _request_type(c: Complaint, _id: str) -> str:
    return "投诉" if c.story.codes else ("表扬" if "感谢" in c.title else "求助")


def _constant(text: str) -> Value:
    return lambda _c, _id: text


def _native_id(_c: Complaint, native_id: str) -> str:
    return native_id


def _name(c: Complaint, _id: str) -> str:
    return c.person.name


def _phone(c: Complaint, _id: str) -> str:
    return c.person.phone


def _account(c: Complaint, _id: str) -> str:
    return c.person.wechat


def _title(c: Complaint, _id: str) -> str:
    return c.title


def _text(c: Complaint, _id: str) -> str:
    return c.text


def _place(c: Complaint, _id: str) -> str:
    return c.place


def _unit(c: Complaint, _id: str) -> str | None:
    return c.story.unit or None


_PLATFORM_A: dict[str, Value] = {
    "工单编号": _native_id,
    "受理时间": _slashes,
    "诉求人": _name,
    "联系电话": _phone,
    "诉求来源": _constant("12345热线"),
    "诉求类型": _request_type,
    "诉求标题": _title,
    "诉求内容": _text,
    "事发地址": _place,
    "所属区域": _constant("芙蓉区"),
    "承办单位": _unit,
}
_PLATFORM_B: dict[str, Value] = {
    "受理编号": _native_id,
    "登记时间": _chinese,
    "来电人": _name,
    "来电号码": _phone,
    "工单类型": _request_type,
    "标题": _title,
    "工单内容": _text,
    "问题地址": _place,
    "工单状态": _constant("已办结"),
}
_REPORT: dict[str, Value] = {
    "举报编号": _native_id,
    "举报时间": _compact,
    "举报人": _name,
    "联系方式": _phone,
    "举报内容": _text,
    "地点": _place,
}
_REDNET: dict[str, Value] = {
    "留言编号": _native_id,
    "留言用户": _account,
    "留言主题": _title,
    "留言时间": _slashes,
    "留言详情": _text,
    "点赞数": _constant("0"),
    "反对数": _constant("0"),
}
_PEOPLE_VOICE: dict[str, Value] = {
    "帖子编号": _native_id,
    "发帖人": _account,
    "帖子标题": _title,
    "发帖时间": _minutes,
    "帖子内容": _text,
    "状态": _constant("已回复"),
}
_XIANGWEN: dict[str, Value] = {
    "标题": _title,
    "时间": _minutes,
    "涉及单位": _unit,
    "地区": _constant("芙蓉区"),
    "正文": _text,
}
_GROUPS = (("工单", 2), ("反映人", 2), ("诉求", 5), ("办理", 2))
_TITLE = "芙蓉区12345热线交通类工单明细（2022年一季度）"

QUARTERS = {
    "2022Q1": Layout(
        "tickets/2022年/12345热线工单_2022年一季度.xlsx", "H", _PLATFORM_A, Workbook(title=_TITLE, total="合计")
    ),
    "2022Q2": Layout("tickets/2022年/12345工单导出_2022年二季度.csv", "H", _PLATFORM_B, DelimitedText("gb18030")),
    "2022Q3": Layout(
        "tickets/2022年/12345热线_2022年三季度.xlsx", "H", _PLATFORM_A, Workbook(groups=_GROUPS, hidden="代码表")
    ),
    "2022Q4": Layout("tickets/2022年/12345工单_2022年四季度.xls", "H", _PLATFORM_A, write_html_xls),
    "2023Q1": Layout("tickets/2023年/12345工单_2023年一季度.csv", "H", _PLATFORM_B, DelimitedText("utf-8-sig")),
    "2023Q2": Layout(
        "tickets/2023年/12345热线工单_2023年二季度.xlsx",
        "H",
        _PLATFORM_A | {"受理时间": _serial},
        Workbook(total="合计"),
    ),
}
OTHER_TICKETS = {
    "12328": Layout("tickets/12328/12328工单.tsv", "L", _PLATFORM_B, DelimitedText("utf-16", "\t")),
    "report": Layout("tickets/征集/公开征集举报_2023.json", "J", _REPORT, write_json),
}
POSTS = {
    "rednet": Layout("posts/红网问政湖南_2023.csv", "T", _REDNET, DelimitedText("utf-8")),
    "voice": Layout("posts/百姓呼声.xlsx", "B", _PEOPLE_VOICE, Workbook()),
    "xiangwen": Layout("posts/湘问投诉直通车.jsonl", "X", _XIANGWEN, write_jsonl),
}
LAYOUTS = QUARTERS | OTHER_TICKETS | POSTS
