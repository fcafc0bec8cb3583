"""Every table, declared once: grain, key, columns with type, Chinese heading and meaning.

The migrations, the data dictionary, the checks at stage boundaries and the display names of exports all
follow these declarations; a test compares the migrated database with them.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Protocol

import pandas as pd


class ColumnType(StrEnum):
    """Types a column can have; the value is the DuckDB type."""

    TEXT = "VARCHAR"
    INTEGER = "BIGINT"
    REAL = "DOUBLE"
    BOOLEAN = "BOOLEAN"
    DATE = "DATE"
    TIMESTAMP = "TIMESTAMP"


@dataclass(frozen=True)
class Column:
    """One column: its name and type, what users see as its heading, and what it means."""

    name: str
    type: ColumnType
    heading: str
    meaning: str
    is_nullable: bool = False
    values: Mapping[str, str] = field(default_factory=dict)
    """Allowed values with their Chinese labels; empty when any value is allowed."""


@dataclass(frozen=True)
class Table:
    """One table: what a row stands for, what identifies it, and whether the published snapshot holds it."""

    name: str
    heading: str
    grain: str
    key: tuple[str, ...]
    columns: tuple[Column, ...]
    is_published: bool = True
    is_append_only: bool = False
    """Whether rows are only ever added: none is changed or removed."""
    grows_between_runs: bool = False
    """Whether rows are added outside of runs without an event, so that the ledger may have more than the snapshot."""
    is_by_run: bool = False
    """Whether a row is written by the run that it names and never changed: a later version names a later run."""
    is_by_file: bool = False
    """Whether a row is written by the run that read its file, and never changed."""

    @property
    def column_names(self) -> list[str]:
        """Names of the columns in their declared order."""
        return [c.name for c in self.columns]

    def __getitem__(self, name: str) -> Column:
        return next(c for c in self.columns if c.name == name)


class Segmenter(Protocol):
    """What every stage may expect of a segmenter."""

    def segment(self, texts: Iterable[str]) -> list[str]:
        """Return each text as its words joined by single spaces."""
        ...


_T, _I, _R, _B, _D, _S = (
    ColumnType.TEXT,
    ColumnType.INTEGER,
    ColumnType.REAL,
    ColumnType.BOOLEAN,
    ColumnType.DATE,
    ColumnType.TIMESTAMP,
)

OUTCOMES = {
    "accepted": "新收",
    "updated": "更新",
    "unchanged": "未变",
    "duplicate": "重复",
    "quarantined": "隔离",
}
"""What became of a row that was read. accepted and updated together are the design's «accepted»."""

DECISIONS = {"in_scope": "纳入", "out_of_scope": "不纳入", "review": "待人工复核"}
ASSESSORS = {"cue": "线索规则", "model": "模型", "both": "规则与模型一致", "reviewer": "人工"}
DECIDERS = {"model": "模型", "reviewer": "人工"}
REVIEW_DECISIONS = {"in_scope": "纳入", "out_of_scope": "不纳入"}
"""What a reviewer can decide; only the model leaves a complaint to somebody else."""
REVIEW_SOURCES = {"workbook": "复核工作簿", "notebook": "笔记本"}
REVIEW_REASONS = {
    "conflict": "复核意见不一致",
    "disagreement": "规则与模型不一致",
    "uncertain": "得分接近门槛",
    "rare": "少见小类",
    "unsure": "小类没有把握",
    "novel": "新说法",
    "elusion": "抽查",
}
"""Why a complaint stands in the review queue, in the order in which reasons are told."""
OPINION_DECISIONS = {"in_scope": "纳入", "out_of_scope": "不纳入", "discarded": "答复不合格，未采用"}
"""What the optional assistant can answer; it never decides."""
PROBLEM_STATUSES = {
    "registered": "登记",
    "awaiting_handover": "待交办",
    "rectifying": "整改中",
    "objected": "异议待核",
    "closure_requested": "申请销号",
    "verifying": "核查中",
    "closed": "已销号",
    "consolidated": "回头看巩固",
    "relapsed": "反弹",
    "unfounded": "不属实",
    "transferred": "已移送",
    "merged": "已并入",
}
"""Where a problem stands in its life; `life_cycle.toml` says which step leads where."""
FINISHED_STATUSES = ("closed", "consolidated", "unfounded", "transferred", "merged")
"""Statuses in which nobody has to do anything, so that no deadline runs."""
UNIT_STATUSES = ("awaiting_handover", "rectifying", "objected", "closure_requested", "verifying", "relapsed")
"""Statuses in which a problem stands in its unit's ledger to be worked on; `CLOSED_STATUSES` stand there as well."""
CLOSED_STATUSES = ("closed", "consolidated")
PROBLEM_SOURCES = {
    "complaint": "投诉举报",
    "self_check": "自查发现",
    "superior": "上级交办",
    "inspection": "督察检查",
    "file_review": "案卷评查",
}
"""Where problems come from; those found by complaints and by the offices themselves are reported apart."""
LOOK_BACK_RESULTS = {"consolidated": "巩固", "relapsed": "反弹"}
PROGRESS_WORDS = ("完成整改", "达到序时进度", "未达序时进度")
"""The words in use for how far a rectification is."""
FILED_COLUMNS = (
    "supporting_unit",
    "leader",
    "handler",
    "goal",
    "measure",
    "progress",
    "completed_on",
    "evidence",
    "evidence_on",
    "remark",
)
"""Columns of PROBLEMS that a unit files; `life_cycle.toml` says so too."""
LIFE_CYCLE_KINDS = {
    "problem_created": "登记",
    "unit_undetermined": "责任单位待定",
    "unit_assigned": "确定责任单位",
    "deadline_set": "设定时限",
    "handed_over": "交办",
    "rectification_filed": "填报整改",
    "extension_requested": "申请延期",
    "extension_granted": "批准延期",
    "extension_refused": "不批准延期",
    "objection_raised": "提出异议",
    "objection_rejected": "异议不成立",
    "closure_requested": "申请销号",
    "closure_withdrawn": "撤回销号申请",
    "verification_started": "开始核查",
    "verification_failed": "核查不通过",
    "closed": "销号",
    "unfounded": "认定不属实",
    "transferred": "移送",
    "merged": "并入另一问题",
    "restored": "恢复办理",
    "recurred": "销号后再次反映",
    "looked_back": "回头看：巩固",
    "look_back_failed": "回头看：反弹",
    "text_released": "放行文字",
    "text_withdrawn": "撤回放行",
}
"""Events that are steps in the life of a problem; `life_cycle.toml` declares each of them."""
EVENT_KINDS = LIFE_CYCLE_KINDS | {
    "complaint_added": "并入诉求",
    "complaint_withdrawn": "撤出诉求",
    "complaint_placed": "人工确定诉求归属",
    "matter_ruled": "人工确定同一事项",
    "complaint_reviewed": "人工复核",
    "codebook_changed": "代码本变更",
    "event_corrected": "更正",
    "look_back_drawn": "抽中回头看",
    "text_erased": "清除诉求文字",
    "key_rotated": "更换密钥",
}
ERASED_TEXT = "（文字已按规定清除）"
"""Stands where the text of a complaint stood that was erased."""
ERASURE_CAUSES = {"request": "反映人要求", "retention": "保存期满"}
MATTER_RULING_WORDS = {"same": "同一事项", "different": "不同事项"}
SCORE_PERCENTS = tuple(range(10, 100, 10))
"""Which percentiles of scope_score a profile of judgements holds: the deciles."""
UNIT_KINDS = ("交警", "车管所", "交通运输", "城管", "停车收费企业", "街道社区", "高速", "其他")
"""Coarse kinds of units that the classifier decides between."""

PENDING_UNIT = "待定"

RUNS = Table(
    "runs",
    "运行",
    "一次夜间运行",
    ("run_id",),
    (
        Column("run_id", _T, "运行编号", "一次运行的编号，按开始时间生成"),
        Column("sequence", _I, "序号", "第几次运行，从 1 起；时钟回拨也不乱"),
        Column("started_at", _S, "开始时间", "运行开始的本地时间"),
        Column("finished_at", _S, "结束时间", "运行结束的本地时间；中断的运行为空", is_nullable=True),
        Column("as_of_date", _D, "业务日期", "计算时限所用的日期"),
        Column(
            "status",
            _T,
            "状态",
            "运行状态",
            values={"running": "运行中", "finished": "完成", "failed": "失败", "interrupted": "中断"},
        ),
        Column("software_version", _T, "软件版本", "程序版本"),
        Column("codebook_version", _T, "代码本版本", "类别与规则的版本"),
        Column("counts", _T, "计数", "各环节计数（JSON，只含数字）", is_nullable=True),
    ),
)

RAW_FILES = Table(
    "raw_files",
    "原始文件",
    "一个内容唯一的原始文件",
    ("file_id",),
    (
        Column("file_id", _T, "文件指纹", "文件内容的 SHA-256"),
        Column("file_name", _T, "文件名", "首次读入时相对原始目录的路径"),
        Column("file_kind", _T, "类别", "工单或帖子", values={"tickets": "工单", "posts": "帖子"}),
        Column("status", _T, "读取结果", "是否读得出来", values={"read": "已读", "unreadable": "无法读取"}),
        Column("byte_count", _I, "字节数", "文件大小"),
        Column("row_count", _I, "数据行数", "除去表头、标题、空行和合计后的行数"),
        Column("accepted_count", _I, "新收", "新收的行数"),
        Column("updated_count", _I, "更新", "同一编号而内容有更新的行数"),
        Column("unchanged_count", _I, "未变", "以前的文件里已有且内容相同的行数"),
        Column("duplicate_count", _I, "重复", "本文件内重复的行数"),
        Column("quarantined_count", _I, "隔离", "进入隔离区的行数"),
        Column("skipped_count", _I, "略过", "合计、页脚等非数据行数"),
        Column("notes", _T, "说明", "读取时需要说明的事（隐藏表、空表、多行表头等）", is_nullable=True),
        Column("run_id", _T, "运行编号", "读入它的运行"),
    ),
)

COMPLAINTS = Table(
    "complaints",
    "诉求",
    "一件诉求（一张工单或一个帖子），内容已去隐私",
    ("complaint_id",),
    (
        Column("complaint_id", _T, "诉求编号", "来源前缀加原编号；没有原编号的由内容的密钥摘要生成"),
        Column("source_code", _T, "来源代码", "columns.toml 里的来源"),
        Column("native_id", _T, "原编号", "来源平台的编号", is_nullable=True),
        Column(
            "received_at",
            _S,
            "受理时间",
            "诉求提出或受理的本地时间；来源的表没有时间列的为空",
            is_nullable=True,
        ),
        Column("title", _T, "标题", "去隐私后的标题", is_nullable=True),
        Column("text", _T, "内容", "去隐私后的正文"),
        Column("tokens", _T, "分词", "标题与内容的分词，以空格相连，供判断和检索"),
        Column("place", _T, "地点", "去隐私后的事发地址", is_nullable=True),
        Column("district", _T, "所属区域", "来源给出的区县或街道", is_nullable=True),
        Column("request_type", _T, "诉求类型", "来源给出的类型（咨询、投诉、举报等）", is_nullable=True),
        Column("native_category", _T, "原分类", "来源给出的分类", is_nullable=True),
        Column("channel", _T, "渠道", "来源给出的受理渠道", is_nullable=True),
        Column("handling_unit", _T, "承办单位", "来源给出的承办或涉及单位", is_nullable=True),
        Column("native_status", _T, "原状态", "来源给出的办理状态", is_nullable=True),
        Column("reply", _T, "答复", "去隐私后的答复内容", is_nullable=True),
        Column("replied_at", _S, "答复时间", "答复或办结的本地时间", is_nullable=True),
        Column("satisfaction", _T, "满意度", "来源给出的回访结果", is_nullable=True),
        Column("is_confidential", _B, "是否保密", "来源标明要求保密；没有标明的为空", is_nullable=True),
        Column(
            "complainant_key", _T, "反映人摘要", "反映人电话、账号或姓名的密钥摘要，只用于识别同一人", is_nullable=True
        ),
        Column("file_id", _T, "文件指纹", "当前内容出自的文件"),
        Column("sheet_name", _T, "工作表", "当前内容出自的工作表", is_nullable=True),
        Column("row_number", _I, "行号", "当前内容在工作表里的行号，从 1 数起"),
        Column("run_id", _T, "运行编号", "写入当前内容的运行"),
    ),
    is_by_run=True,
)

SUPERSEDED_COMPLAINTS = Table(
    "superseded_complaints",
    "诉求旧版",
    "一件诉求被更新前的一个版本",
    ("complaint_id", "superseded_run_id", "file_id", "row_number"),
    (*COMPLAINTS.columns, Column("superseded_run_id", _T, "更新它的运行", "写入新内容的运行")),
    is_published=False,
)

INTAKE_ROWS = Table(
    "intake_rows",
    "收件明细",
    "一个文件里的一行数据和它的去向",
    ("file_id", "sheet_name", "row_number"),
    (
        Column("file_id", _T, "文件指纹", "所在文件"),
        Column("sheet_name", _T, "工作表", "所在工作表；文本文件为空串"),
        Column("row_number", _I, "行号", "所在行，从 1 数起"),
        Column("outcome", _T, "去向", "这一行的去向", values=OUTCOMES),
        Column("complaint_id", _T, "诉求编号", "对应的诉求；隔离的行为空", is_nullable=True),
    ),
    is_append_only=True,
    is_by_file=True,
)

QUARANTINE = Table(
    "quarantine",
    "隔离区",
    "一个无法读取的文件，或一行里一个不合格的值",
    ("quarantine_id",),
    (
        Column("quarantine_id", _T, "隔离编号", "由文件指纹、工作表、行、列生成"),
        Column("file_id", _T, "文件指纹", "所在文件"),
        Column("file_name", _T, "文件名", "相对原始目录的路径"),
        Column("sheet_name", _T, "工作表", "所在工作表", is_nullable=True),
        Column("row_number", _I, "行号", "所在行，从 1 数起；整个文件无法读取时为空", is_nullable=True),
        Column("column_name", _T, "字段", "出问题的规范字段", is_nullable=True),
        Column("heading", _T, "原表头", "出问题的原列名", is_nullable=True),
        Column("value_class", _T, "值的样子", "值的类别和长度，不含原值"),
        Column("reason_code", _T, "原因代码", "原因的稳定代码"),
        Column("reason", _T, "原因", "哪里不对、如何改"),
        Column("status", _T, "状态", "是否已经改好重收", values={"open": "待处理", "resolved": "已重收"}),
        Column("resolved_file_id", _T, "重收文件", "改好后重新读入的文件", is_nullable=True),
        Column("run_id", _T, "运行编号", "隔离它的运行"),
    ),
)

GATE_DECISIONS = Table(
    "gate_decisions",
    "范围判断",
    "一件诉求是否反映执法问题的判断",
    ("complaint_id",),
    (
        Column("complaint_id", _T, "诉求编号", "被判断的诉求"),
        Column("decision", _T, "判断", "是否纳入", values=DECISIONS),
        Column("scope_score", _R, "纳入分", "反映执法问题的概率，0 到 1"),
        Column(
            "unit_kind",
            _T,
            "单位类型",
            "最可能被反映的单位的粗类；不纳入的也给出，供复核参考",
            is_nullable=True,
            values={k: k for k in UNIT_KINDS},
        ),
        Column("reason", _T, "理由", "判断的主要依据，供人阅读"),
        Column("review_reason", _T, "复核原因", "为什么交人工复核", is_nullable=True),
        Column("model_id", _T, "模型版本", "判断所用模型"),
        Column("codebook_version", _T, "代码本版本", "判断所用规则与类别的版本"),
        Column("decided_by", _T, "判断者", "判断是模型的，还是人工复核的", values=DECIDERS),
        Column(
            "cue_balance",
            _R,
            "规则倾向",
            "命中的规则里，支持纳入的权重减去反对纳入的权重；早期版本的判断没有记录，为空",
            is_nullable=True,
        ),
        Column(
            "unknown_wording_share",
            _R,
            "新说法比例",
            "相邻两个汉字里，模型的字串表没有的所占比例，0 到 1；人工决定的也保留，供看新说法",
            is_nullable=True,
        ),
        Column(
            "is_sub_problem_sure",
            _B,
            "小类有把握",
            "是否有小类的得分过了门槛，没有过的只说得出类别；不纳入的为空",
            is_nullable=True,
        ),
        Column("run_id", _T, "运行编号", "作出判断的运行"),
    ),
    is_by_run=True,
)

ASSESSMENTS = Table(
    "assessments",
    "小类判断",
    "一件诉求的一个小类的判断",
    ("complaint_id", "sub_problem_code"),
    (
        Column("complaint_id", _T, "诉求编号", "被判断的诉求"),
        Column("sub_problem_code", _T, "小类代码", "判定的小类"),
        Column("score", _R, "得分", "属于该小类的概率，0 到 1"),
        Column("assessor", _T, "判断者", "谁作出的判断", values=ASSESSORS),
        Column("cue_id", _T, "线索编号", "命中的规则；没有规则命中的为空", is_nullable=True),
        Column("evidence_start", _I, "证据起", "证据在“标题+换行+内容”里的起始位置，从 0 数起"),
        Column("evidence_end", _I, "证据止", "证据的结束位置（不含）"),
        Column("run_id", _T, "运行编号", "作出判断的运行"),
    ),
    is_by_run=True,
)

FORMER_JUDGEMENTS = Table(
    "former_judgements",
    "以前的判断",
    "一件诉求被重新判断之前的一次判断",
    ("complaint_id", "run_id"),
    (
        Column("complaint_id", _T, "诉求编号", "被判断的诉求"),
        Column("run_id", _T, "运行编号", "作出这一次判断的运行"),
        Column("decision", _T, "判断", "当时是否纳入", values=DECISIONS),
        Column("codes", _T, "小类代码", "当时判定的小类，按代码排列，以分号相连；没有的为空串"),
        Column("decided_by", _T, "判断者", "判断是模型的，还是人工复核的", values=DECIDERS),
        Column("model_id", _T, "模型版本", "判断所用模型"),
        Column("codebook_version", _T, "代码本版本", "判断所用规则与类别的版本"),
    ),
    is_append_only=True,
)

EXPLANATIONS = Table(
    "explanations",
    "判断说明",
    "一件纳入或待人工复核的诉求的判断说明",
    ("complaint_id",),
    (
        Column("complaint_id", _T, "诉求编号", "被判断的诉求"),
        Column("text", _T, "说明", "判断说明的全文：分数的来历、各句各条线索的作用、小类、单位；引有去隐私后的原句"),
        Column("run_id", _T, "运行编号", "作出所说明的判断的运行"),
    ),
)

ASSISTANT_OPINIONS = Table(
    "assistant_opinions",
    "助手意见",
    "语言模型助手对一件待复核诉求的一个文本版本的一次意见，只供复核人参考",
    ("complaint_id", "text_digest", "model_name", "prompt_version"),
    (
        Column("complaint_id", _T, "诉求编号", "被问到的诉求"),
        Column("text_digest", _T, "文本指纹", "被问到的“标题+换行+内容”（已去隐私）的 SHA-256"),
        Column("decision", _T, "意见", "助手的意见；答复不合格的不采用，也不再问", values=OPINION_DECISIONS),
        Column("codes", _T, "小类代码", "助手认为的小类，按代码排列，以分号相连；没有的为空串"),
        Column(
            "unit_kind",
            _T,
            "单位类型",
            "助手认为的被反映单位的粗类；没有的为空",
            is_nullable=True,
            values={k: k for k in UNIT_KINDS},
        ),
        Column("evidence", _T, "证据", "小类、起、止的清单（JSON），位置在“标题+换行+内容”里，从 0 数起"),
        Column("endpoint_host", _T, "服务主机", "助手所在的主机"),
        Column("model_name", _T, "助手模型", "助手所用的语言模型"),
        Column("prompt_version", _T, "提示词版本", "提示词和小类定义的版本"),
        Column("requested_at", _S, "征询时间", "征询的本地时间"),
        Column("run_id", _T, "运行编号", "征询它的运行"),
    ),
    is_append_only=True,
)

MATTERS = Table(
    "matters",
    "同一事项",
    "同一地点或对象的同一件事，可有多件诉求",
    ("matter_id",),
    (
        Column("matter_id", _T, "事项编号", "以最早一件诉求命名，永不改变"),
        Column("canonical_complaint_id", _T, "首件诉求", "最早的一件诉求"),
        Column("run_id", _T, "运行编号", "建立它的运行"),
    ),
)

COMPLAINT_MATTERS = Table(
    "complaint_matters",
    "诉求与事项",
    "一件诉求属于哪个事项",
    ("complaint_id",),
    (
        Column("complaint_id", _T, "诉求编号", "诉求"),
        Column("matter_id", _T, "事项编号", "所属事项"),
        Column("matched_complaint_id", _T, "相似诉求", "据以并入的较早诉求；首件和由人定的为空", is_nullable=True),
        Column(
            "similarity", _R, "相似度", "与相似诉求是同一事项的可能性，0 到 1；首件和由人定的为空", is_nullable=True
        ),
        Column("run_id", _T, "运行编号", "并入它的运行"),
    ),
)

MATTER_KEYS = Table(
    "matter_keys",
    "事项检索键",
    "一件诉求的一个检索键：键相同的诉求才互相比较；另有一个键 0，表示这件诉求已经归并",
    ("complaint_id", "key"),
    (
        Column("complaint_id", _T, "诉求编号", "诉求"),
        Column("key", _I, "键", "由诉求里的名称、编号和字句算出的散列值；0 是诉求自己的，不用来检索"),
        Column("epoch", _I, "时段", "收到时间所在的时段，用来只与时间相近的比较；没有时间的为 -1"),
        Column("sequence", _I, "归并次序", "第几件归并的诉求，从 1 数起；同一键、同一时段只记最早的若干件"),
        Column("run_id", _T, "运行编号", "写入诉求当前内容的运行；内容更新后重新算"),
    ),
    is_published=False,
)

PROBLEMS = Table(
    "problems",
    "问题",
    "一个问题：同一责任单位、同一小类、同一主题；各列是其全部事件走下来的现状",
    ("problem_id",),
    (
        Column("problem_id", _T, "问题编号", "终身不变、不重复使用"),
        Column("source", _T, "问题来源", "问题从哪里来", values=PROBLEM_SOURCES),
        Column("batch", _T, "批次", "上级交办、督察检查等的批次；投诉举报的为空", is_nullable=True),
        Column("unit_id", _T, "责任单位代码", "units.toml 里的单位；待定时为空", is_nullable=True),
        Column("unit_kind", _T, "单位类型", "被反映单位的粗类", values={k: k for k in UNIT_KINDS}),
        Column("unit_reason", _T, "定责依据", "为什么是这个单位，或为什么待定", is_nullable=True),
        Column("sub_problem_code", _T, "小类代码", "问题小类"),
        Column("theme_code", _T, "主题代码", "themes.toml 里的主题"),
        Column(
            "merge_key",
            _T,
            "归并键",
            "登记时的责任单位、小类、主题：以后同样的诉求并入这个问题；不是诉求来的、人工拆分出来的为空",
            is_nullable=True,
        ),
        Column("import_key", _T, "导入指纹", "导入登记时各项内容的指纹，再次导入据以认出；其他为空", is_nullable=True),
        Column("source_note", _T, "来源备注", "导入登记时的备注，例如来文文号；只供监督单位看", is_nullable=True),
        Column("statement", _T, "具体问题", "以中性文字陈述的问题，不含反映人内容"),
        Column("status", _T, "状态", "办理状态", values=PROBLEM_STATUSES),
        Column("status_on", _D, "状态日期", "到达现在这个状态的日期"),
        Column("status_reason", _T, "状态说明", "最近一次异议、移送、批复、反弹等的理由", is_nullable=True),
        Column("registered_on", _D, "登记日期", "登记入账的日期"),
        Column("handed_over_on", _D, "交办日期", "交给责任单位的日期", is_nullable=True),
        Column("time_starts_on", _D, "时限起算", "从次日起数时限的日期；为空的从登记日期起算", is_nullable=True),
        Column("due_on", _D, "整改时限", "按规则推算的截止日期", is_nullable=True),
        Column("deadline_rule", _T, "时限规则", "推算时限所用的规则及版本", is_nullable=True),
        Column("is_due_provisional", _B, "时限暂估", "所用年份的节假日安排尚未公布，按星期推算", is_nullable=True),
        Column("supporting_unit", _T, "配合单位", "责任单位填报", is_nullable=True),
        Column("leader", _T, "责任领导", "责任单位填报", is_nullable=True),
        Column("handler", _T, "责任人", "责任单位填报", is_nullable=True),
        Column("goal", _T, "整改目标", "责任单位填报", is_nullable=True),
        Column("measure", _T, "整改措施", "责任单位填报", is_nullable=True),
        Column("progress", _T, "整改进展", "责任单位填报", is_nullable=True, values={w: w for w in PROGRESS_WORDS}),
        Column("completed_on", _D, "完成日期", "责任单位填报的实际完成整改的日期", is_nullable=True),
        Column("evidence", _T, "佐证材料", "责任单位填报的材料名称、文号", is_nullable=True),
        Column("evidence_on", _D, "佐证日期", "佐证材料形成的日期；何时交来见事件", is_nullable=True),
        Column("remark", _T, "备注", "责任单位填报", is_nullable=True),
        Column("extension_due_on", _D, "申请延期至", "尚待批复的延期申请；没有的为空", is_nullable=True),
        Column("extension_reason", _T, "延期理由", "尚待批复的延期申请的理由", is_nullable=True),
        Column("closure_requested_on", _D, "申请销号日期", "责任单位申请销号的日期", is_nullable=True),
        Column("verification", _T, "核查意见", "最近一次核查的意见", is_nullable=True),
        Column("verified_by", _T, "核查人", "最近一次核查的人员", is_nullable=True),
        Column("verified_on", _D, "核查日期", "最近一次核查的日期", is_nullable=True),
        Column("accepting_unit", _T, "验收单位", "验收的单位", is_nullable=True),
        Column("closed_on", _D, "销号日期", "最近一次销号的日期", is_nullable=True),
        Column("look_back", _T, "回头看结果", "最近一次回头看的结果", is_nullable=True, values=LOOK_BACK_RESULTS),
        Column("looked_back_on", _D, "回头看日期", "最近一次回头看的日期", is_nullable=True),
        Column("look_back_methods", _T, "回头看方式", "问卷、单位自评、现场查验、访谈，以顿号相连", is_nullable=True),
        Column("look_back_people", _T, "回头看参加人", "参加的人员，以顿号相连", is_nullable=True),
        Column("receiver", _T, "移送单位", "移送给哪个单位", is_nullable=True),
        Column("merged_into_id", _T, "并入问题", "并入了哪个问题", is_nullable=True),
        Column("relapse_count", _I, "反弹次数", "销号后又反弹过几次"),
        Column("version", _I, "版本", "到现在走过多少步；台账交回时据以看出中间有没有变化"),
        Column("run_id", _T, "运行编号", "登记它的运行；不在运行之中登记的为空串"),
        Column(
            "released_text",
            _T,
            "放行文字",
            "监督单位放行给责任单位看的情况说明，由监督人员自己的话写成；没有放行的为空",
            is_nullable=True,
        ),
        Column(
            "released_unit_id", _T, "放行对象", "放行给哪个单位看，别的单位看不到；没有放行的为空", is_nullable=True
        ),
        Column("release_reason", _T, "放行理由", "最近一次放行或撤回放行的理由", is_nullable=True),
    ),
)

PROBLEM_COMPLAINTS = Table(
    "problem_complaints",
    "问题与诉求",
    "一件诉求的一个小类判断支持一个问题",
    ("problem_id", "complaint_id", "sub_problem_code"),
    (
        Column("problem_id", _T, "问题编号", "问题"),
        Column("complaint_id", _T, "诉求编号", "支持它的诉求"),
        Column("sub_problem_code", _T, "小类代码", "据以并入的小类判断"),
        Column("run_id", _T, "运行编号", "作出据以并入的判断的运行；何时并入见事件"),
    ),
)

EVENTS = Table(
    "events",
    "事件",
    "关于一个问题的一件事，只增不改",
    ("sequence",),
    (
        Column("sequence", _I, "序号", "全库连续编号，从 1 起"),
        Column("event_id", _T, "事件编号", "由问题、事项和对象生成，重做不会重复"),
        Column("problem_id", _T, "问题编号", "所属问题；不关某一个问题的事（人工复核、代码本变更）为空串"),
        Column("kind", _T, "事件", "发生了什么", values=EVENT_KINDS),
        Column("occurred_at", _S, "时间", "发生的本地时间"),
        Column("actor", _T, "经手", "谁做的：系统或人员"),
        Column("payload", _T, "内容", "事件内容（JSON，不含反映人信息）"),
        Column("previous_hash", _T, "前项指纹", "上一事件的指纹；首件为空串"),
        Column("hash", _T, "指纹", "本事件连同前项指纹的 SHA-256"),
        Column("run_id", _T, "运行编号", "写入它的运行；在运行之外记入的（人工复核）为空串"),
    ),
    is_append_only=True,
)

REVIEWS = Table(
    "reviews",
    "人工复核",
    "一位复核人对一件诉求的一个文本版本作出的一次决定，只增不改",
    ("review_id",),
    (
        Column("review_id", _T, "复核编号", "由决定的内容生成，同一决定重复导入不会重复"),
        Column("complaint_id", _T, "诉求编号", "被复核的诉求"),
        Column("text_digest", _T, "文本指纹", "被复核的“标题+换行+内容”（已去隐私）的 SHA-256；文本变了要重新复核"),
        Column("decision", _T, "决定", "是否纳入", values=REVIEW_DECISIONS),
        Column("codes", _T, "小类代码", "认定的小类，按代码排列，以分号相连；不纳入的为空串"),
        Column(
            "unit_kind",
            _T,
            "单位类型",
            "认定的被反映单位的粗类；不纳入的为空",
            is_nullable=True,
            values={k: k for k in UNIT_KINDS},
        ),
        Column("reviewer", _T, "复核人", "作出决定的工作人员"),
        Column("reason", _T, "理由", "复核人写的理由，记入时已去隐私；没有写的为空串"),
        Column("is_final", _B, "是否裁定", "是否为解决复核意见不一致的裁定"),
        Column("reviewed_on", _D, "复核日期", "作出决定的日期"),
        Column("source", _T, "来自", "决定从哪里记入", values=REVIEW_SOURCES),
        Column("source_file", _T, "来自文件", "记入所用的工作簿或笔记本", is_nullable=True),
        Column("source_row", _I, "来自行号", "在工作簿里的行号，从 1 数起", is_nullable=True),
        Column("recorded_at", _S, "记入时间", "记入台账的本地时间"),
        Column("run_id", _T, "运行编号", "在一次运行之中记入的为该运行；其他为空", is_nullable=True),
    ),
    is_append_only=True,
)

PLACEMENTS = Table(
    "placements",
    "人工归属",
    "一次人工决定：一件诉求的一个小类判断归哪个问题；只增不改，最近的一次算数",
    ("complaint_id", "sub_problem_code", "decided_at"),
    (
        Column("complaint_id", _T, "诉求编号", "决定了归属的诉求"),
        Column("sub_problem_code", _T, "小类代码", "决定时据以并入的小类判断"),
        Column("problem_id", _T, "问题编号", "归入的问题；该问题以后并入了别的问题的，随之归入"),
        Column("person", _T, "决定人", "作出决定的工作人员"),
        Column("reason", _T, "理由", "决定的理由，记入时已去隐私"),
        Column("decided_at", _S, "决定时间", "决定记入台账的本地时间"),
    ),
    is_append_only=True,
)

MATTER_RULINGS = Table(
    "matter_rulings",
    "事项裁定",
    "一次人工决定：一件诉求与另一件是不是同一事项；只增不改，最近的一次算数",
    ("complaint_id", "other_complaint_id", "decided_at"),
    (
        Column("complaint_id", _T, "诉求编号", "被裁定的诉求"),
        Column("other_complaint_id", _T, "另一诉求", "与之比较的诉求"),
        Column("ruling", _T, "裁定", "是不是同一事项；不同的永不归到一起", values=MATTER_RULING_WORDS),
        Column("matter_id", _T, "所属事项", "裁定后诉求所属的事项，以后也在其中"),
        Column("person", _T, "决定人", "作出决定的工作人员"),
        Column("reason", _T, "理由", "决定的理由，记入时已去隐私"),
        Column("decided_at", _S, "决定时间", "决定记入台账的本地时间"),
    ),
    is_append_only=True,
)

ERASURES = Table(
    "erasures",
    "文字清除",
    "一件文字已经清除的诉求；再收到它的文件也不会把文字带回来，不再请人复核",
    ("complaint_id",),
    (
        Column("complaint_id", _T, "诉求编号", "文字已经清除的诉求；判断、归并和事件都保留"),
        Column("cause", _T, "原因", "为什么清除", values=ERASURE_CAUSES),
        Column("erased_at", _S, "清除时间", "清除的本地时间"),
    ),
    is_append_only=True,
    grows_between_runs=True,
)

ELUSION_SAMPLES = Table(
    "elusion_samples",
    "漏判抽查",
    "一个月里抽出来复查的一件模型判为不纳入的诉求",
    ("month", "complaint_id"),
    (
        Column("month", _T, "月份", "作出判断的月份（按业务日期），如 2026-11"),
        Column("complaint_id", _T, "诉求编号", "抽中的诉求；抽中后不再退出"),
        Column("text_digest", _T, "文本指纹", "抽中时的文本；以后改了文本的不再计入"),
        Column("lot", _R, "抽签号", "由单位代码、月份和诉求编号算出的均匀随机数，0 到 1，小于抽样比例的抽中"),
        Column("population_count", _I, "总体件数", "抽中时该月模型判为不纳入的件数"),
        Column("run_id", _T, "运行编号", "抽中它的运行"),
    ),
    is_append_only=True,
)

JUDGEMENT_PROFILES = Table(
    "judgement_profiles",
    "判断概貌",
    "一次运行里模型所作判断的概貌；没有判断的运行没有",
    ("run_id",),
    (
        Column("run_id", _T, "运行编号", "作出判断的运行"),
        Column("model_id", _T, "模型版本", "判断所用模型；有几个的以分号相连"),
        Column("codebook_version", _T, "代码本版本", "判断所用规则与类别的版本；有几个的以分号相连"),
        Column("judged_count", _I, "判断件数", "模型判断的诉求数；有过人工复核的不计"),
        Column("in_scope_share", _R, "纳入比例", "直接纳入的比例，0 到 1"),
        Column("review_share", _R, "待复核比例", "交人工复核的比例，0 到 1"),
        Column("unknown_wording_share", _R, "新说法比例", "各件诉求新说法比例的平均，0 到 1"),
        *(
            Column(f"p{percent}_score", _R, f"纳入分第 {percent} 百分位", f"有百分之 {percent} 的诉求纳入分不高于它")
            for percent in SCORE_PERCENTS
        ),
    ),
    is_append_only=True,
)

EXPORTS = Table(
    "exports",
    "台账导出",
    "发给一个责任单位的整改台账的一个版本；内容没有变化的，再导出还是它",
    ("export_id",),
    (
        Column("export_id", _T, "导出编号", "由单位和内容的指纹生成"),
        Column("sequence", _I, "序号", "第几个版本，全库连续编号，从 1 起"),
        Column("unit_id", _T, "责任单位代码", "发给哪个单位"),
        Column("problem_count", _I, "问题数", "其中待整改的问题数；已销号的不计"),
        Column("event_sequence", _I, "事件序号", "首次导出时最后一项事件的序号；以后的事件是导出以后的事"),
        Column("exported_at", _S, "导出时间", "首次导出的本地时间"),
        Column("run_id", _T, "运行编号", "首次导出它的运行；在运行之外导出的为空串"),
    ),
    is_append_only=True,
    grows_between_runs=True,
)

EXPORT_ROWS = Table(
    "export_rows",
    "导出内容",
    "一个问题自某个导出版本起在台账里的填报内容；与本单位以前的版本相同的不重复记",
    ("export_id", "problem_id"),
    (
        Column("export_id", _T, "导出编号", "从哪个导出版本起"),
        Column("problem_id", _T, "问题编号", "台账里的问题"),
        *(PROBLEMS[name] for name in ("version", "status", *FILED_COLUMNS)),
    ),
    is_append_only=True,
    grows_between_runs=True,
)

IMPORTS = Table(
    "imports",
    "台账导入",
    "责任单位交回并已记入的一个整改台账文件",
    ("import_id",),
    (
        Column("import_id", _T, "文件指纹", "文件内容的 SHA-256；同一个文件再导入不起作用"),
        Column("file_name", _T, "文件名", "不含目录"),
        Column("unit_id", _T, "责任单位代码", "哪个单位交回的"),
        Column("export_id", _T, "导出编号", "所填台账的导出版本；各行来自几个版本的，以分号相连"),
        Column("imported_at", _S, "导入时间", "记入的本地时间"),
        Column("person", _T, "交来人", "导入时写明的人员；没有写的为空", is_nullable=True),
        Column("row_count", _I, "行数", "台账里问题的行数"),
        Column("missing_count", _I, "缺行数", "该版本里有而交回时没有的问题数；不表示办结"),
        Column("changed_count", _I, "填报格数", "有新内容并已记入的格数"),
        Column("request_count", _I, "申请数", "已记入的申请销号、延期、异议、撤回的件数"),
        Column("conflict_count", _I, "冲突数", "没有记入、列入冲突清单的处数"),
    ),
    is_append_only=True,
    grows_between_runs=True,
)

LOOK_BACK_SAMPLES = Table(
    "look_back_samples",
    "回头看抽样",
    "一次回头看抽样里的一个问题",
    ("sample_id", "problem_id"),
    (
        Column("sample_id", _T, "抽样编号", "按抽样日期和当日次序编号"),
        Column("problem_id", _T, "问题编号", "抽中的问题"),
        Column("stratum", _T, "层", "责任单位、类别、销号季度，以竖线相连"),
        Column("relapse_count", _I, "抽中时反弹次数", "此后又反弹的，算没有守住"),
        Column("population_count", _I, "总体个数", "抽样时已销号、可抽的问题数"),
        Column("seed", _T, "随机种子", "同一种子在同样的台账上抽出同样的问题"),
        Column("drawn_on", _D, "抽样日期", "抽样的日期"),
        Column("drawn_by", _T, "抽样人", "谁抽的"),
    ),
    is_append_only=True,
)

FOUND_COMPLAINTS = Table(
    "found_complaints",
    "检索结果",
    "找到的一件诉求，最相关的在前；由检索当场得出，不存放",
    ("complaint_id",),
    (
        Column("complaint_id", _T, "诉求编号", "找到的诉求"),
        Column("received_at", _S, "受理时间", "诉求提出或受理的本地时间", is_nullable=True),
        Column("channel", _T, "渠道", "来源给出的受理渠道；没有给出的为来源的名称"),
        Column("title", _T, "标题", "去隐私后的标题", is_nullable=True),
        Column("score", _R, "相关度", "BM25 得分，只在同一次检索里可比"),
        Column("snippet", _T, "摘句", "去隐私后的内容里，所查的词最集中的一处，词标在【】里"),
        Column("words", _T, "命中的词", "所查的词里，这件诉求有的；以顿号相连"),
        Column("decision", _T, "判断", "是否纳入；还没有判断的为空", is_nullable=True, values=DECISIONS),
        Column("codes", _T, "小类代码", "判定的小类，以分号相连；没有的为空", is_nullable=True),
        Column("problem_ids", _T, "问题编号", "所支持的问题，以分号相连；没有的为空", is_nullable=True),
        Column(
            "unit",
            _T,
            "单位",
            "各问题的责任单位的简称，以分号相连；没有的，为判断的单位类型；不纳入的为空",
            is_nullable=True,
        ),
        Column("matter_id", _T, "事项编号", "所属的同一事项；还没有归并的为空", is_nullable=True),
    ),
    is_published=False,
)
"""What a search returns; no table of any database."""

SIMILAR_COMPLAINTS = Table(
    "similar_complaints",
    "相似诉求",
    "与一件诉求用词相似的另一件，最相似的在前；由检索当场得出，不存放",
    ("complaint_id",),
    (
        *FOUND_COMPLAINTS.columns,
        Column("is_same_matter", _B, "同一事项", "台账里是否与原件归在同一事项"),
    ),
    is_published=False,
)
"""What a search for similar complaints returns; no table of any database."""

TABLES: tuple[Table, ...] = (
    RUNS,
    RAW_FILES,
    COMPLAINTS,
    SUPERSEDED_COMPLAINTS,
    INTAKE_ROWS,
    QUARANTINE,
    GATE_DECISIONS,
    ASSESSMENTS,
    FORMER_JUDGEMENTS,
    EXPLANATIONS,
    ASSISTANT_OPINIONS,
    MATTERS,
    COMPLAINT_MATTERS,
    MATTER_KEYS,
    PROBLEMS,
    PROBLEM_COMPLAINTS,
    EVENTS,
    REVIEWS,
    PLACEMENTS,
    MATTER_RULINGS,
    ELUSION_SAMPLES,
    JUDGEMENT_PROFILES,
    EXPORTS,
    EXPORT_ROWS,
    IMPORTS,
    LOOK_BACK_SAMPLES,
    ERASURES,
)

_PANDAS_TYPES: dict[ColumnType, Any] = {
    ColumnType.TEXT: "object",
    ColumnType.INTEGER: "Int64",
    ColumnType.REAL: "float64",
    ColumnType.BOOLEAN: "boolean",
    ColumnType.DATE: "object",
    ColumnType.TIMESTAMP: "datetime64[us]",
}


def empty_frame(table: Table) -> pd.DataFrame:
    """Return a frame without rows that has the table's columns and types."""
    return pd.DataFrame({c.name: pd.Series(dtype=_PANDAS_TYPES[c.type]) for c in table.columns})


def conform(frame: pd.DataFrame, table: Table) -> pd.DataFrame:
    """Return the table's columns of `frame`, in declared order and with declared types; missing text is None.

    Raises:
        KeyError: a declared column is missing.
        ValueError: a value does not fit its column's type, or a required value is missing or not allowed.
    """
    columns: dict[str, pd.Series[Any]] = {}
    for column in table.columns:
        values = frame[column.name].astype(_PANDAS_TYPES[column.type])
        if values.dtype == object:
            values = values.where(values.notna(), None)
        if not column.is_nullable and values.isna().any():
            raise ValueError(f"{table.name}.{column.name}: missing value in row {values.isna().to_numpy().argmax()}")
        if column.values and not set(values.dropna()) <= set(column.values):
            raise ValueError(f"{table.name}.{column.name}: value not allowed")
        columns[column.name] = values
    return pd.DataFrame(columns, index=frame.index).reset_index(drop=True)
