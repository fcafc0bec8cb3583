"""Why a file, a sheet, a row or a value is quarantined: stable codes and what to tell the operator."""

import hashlib
from collections.abc import Iterable

from analysis.line import one_line

_LISTED = 10


class Fault(Exception):  # noqa: N818 - a finding about the data, not a fault of the program
    """Something cannot be read or told; `code` is a key of REASONS, `detail` fills its placeholder."""

    def __init__(self, code: str, detail: str = "") -> None:
        super().__init__(code, detail)
        self.code = code
        self.detail = detail


class ReadFault(Fault):
    """A whole file."""


class SheetFault(Fault):
    """A sheet of a file."""


class ValueFault(Fault):
    """A cell that does not hold what its column needs."""


REASONS: dict[str, str] = {
    # the file
    "unsupported_suffix": "不支持 {detail} 文件。请另存为 .xlsx 或 .csv 后重放。",
    "not_regular_file": "不是普通文件（设备、管道等）。请放入文件本身。",
    "linked_folder": "是指向别处的文件夹链接，没有进入。请把文件夹本身放进来。",
    "closed_folder": "是进不去的文件夹（没有权限或路径太长），里面的文件没有读取。请检查权限后重放。",
    "outside_raw": "是指向原始目录以外的链接，没有读取。请把文件本身放进来。",
    "no_access": "没有读取权限，或文件已被移走。请检查权限后重放。",
    "too_large": "文件有 {detail} MB，超过上限。请按时间拆分后重放，或调高设置 ingest.max_file_mb。",
    "changed_while_reading": "读取时文件还在变化，可能尚未复制完。请等复制完成后重新运行。",
    "empty_file": "文件是空的。请重新导出。",
    "wrong_kind": "内容是{detail}，不是表格。请放入导出的表格文件。",
    "unsupported_format": "内容是{detail}，不能直接读取。请用 Excel 或 WPS 打开，另存为 .xlsx 后重放。",
    "damaged_zip": "工作簿残缺或损坏，打不开。请重新导出或重新复制。",
    "damaged_workbook": "工作簿内部损坏，读不出来。请用 Excel 或 WPS 打开修复，另存为 .xlsx 后重放。",
    "zip_bomb": "压缩包异常（{detail}），为安全起见没有打开。请核对来历，确属正常的另存为 .csv 后重放。",
    "encrypted": "文件加了密码。请去掉密码后重放。",
    "dtd_in_xml": "工作簿里夹带了 DTD 声明，正常的表格没有，为安全起见没有打开。请核对来历。",
    "far_cell": "极远处有内容（到{detail}），多半是误填。请删掉表格区域以外的内容后重放。",
    "out_of_memory": "读取时超出内存上限，多半是极远的单元格里有内容或文件过大。请删掉多余内容或拆分后重放。",
    "timeout": "读取超过 {detail} 秒。请拆分后重放，或调高设置 ingest.read_timeout_seconds。",
    "reader_crashed": "文件使读取程序崩溃（状态 {detail}），已隔离。请用 Excel 或 WPS 打开，另存为 .xlsx 后重放。",
    "output_too_large": "内容超过 {detail} MB。请拆分后重放，或调高设置 ingest.max_unpacked_mb。",
    "too_many_rows": "行数超过上限 {detail}。请拆分后重放，或调高设置 ingest.max_rows_per_file。",
    "unknown_encoding": "文字编码无法确定（{detail}）。请另存为 UTF-8 编码后重放。",
    "broken_quotes": "引号不配对达 {detail} 处，无法分行。请重新导出，或另存为 .xlsx 后重放。",
    "broken_json": "JSON 有误（{detail}）。请重新导出。",
    "broken_html": "网页表格有误（{detail}）。请用 Excel 或 WPS 打开，另存为 .xlsx 后重放。",
    "no_table": "里面没有可读的数据表。请重新导出。",
    # the sheet
    "no_header": "找不到表头：前 {detail} 行里没有一行含有两个认得的列名。请补上表头，或在 columns.toml 里登记列名。",
    "missing_columns": "缺少必需的列：{detail}。请在导出时勾选，或在 columns.toml 里登记列名。",
    "unknown_source": "看不出是哪个平台的数据。请在文件名里写明平台，或加一列“平台”。",
    "no_complaints": "是隔离修改表里不能修改的清单，不是诉求数据。",
    "hidden_sheet": "是隐藏的工作表，没有读取，里面有 {detail} 行像是数据。需要的请取消隐藏后重放。",
    # the row
    "ragged_row": "这一行有 {detail} 列，与表头不符，多半是内容里有没加引号的分隔符或换行。请改正后重新提交这一行。",
    "unbalanced_quotes": "这一行引号不配对，读不出各列。请改正引号后重新提交这一行及受它影响的行。",
    "torn_row": "下一行残缺，很可能是这一行末尾被换行截断。请把两行合并、给内容加上引号后重新提交这一行。",
    "swallowed_rows": "一个单元格里套进了后面的整行，多半是引号不配对。请改正引号后重新提交这些行。",
    "mixed_encoding": "这一行的文字编码与文件其余部分不同，读不出来。请改成同一编码后重新提交这一行。",
    "broken_json_line": "这一行不是合格的 JSON 对象。请改正后重新提交这一行。",
    "repeated_keys": "同一个字段名出现了两次，无法判断以哪个为准。请改正后重新提交这一行。",
    # the value
    "missing_value": "“{heading}”是空的。请补上后重新提交这一行。",
    "merged_id": "“{heading}”与上一行合并成了一格，看不出这一行自己的编号。请拆分单元格、填上编号后重新提交。",
    "damaged_id": "“{heading}”已被当作数字存储，末尾几位丢失。请把该列设为文本后重新导出。",
    "scientific_id": "“{heading}”成了科学计数法，原编号已丢失。请把该列设为文本后重新导出。",
    "decimal_id": "“{heading}”带小数点，不像编号。请核对原编号后重新提交这一行。",
    "date_as_id": "“{heading}”被表格软件改成了日期。请把该列设为文本后重新导出。",
    "truncated_id": "“{heading}”第 15 位以后全是 0，多半被表格软件截断过。请把该列设为文本后重新导出。",
    "invisible_in_id": "“{heading}”里有看不见的字符（零宽、方向或控制字符）。请删掉后重新提交这一行。",
    "malformed_id": "“{heading}”里有空格、换行、全角字母数字，或长度不合理。请核对编号后重新提交这一行。",
    "damaged_number": "“{heading}”是超过 15 位的数字，末尾几位已丢失。请把该列设为文本后重新导出。",
    "ambiguous_date": "“{heading}”分不清哪个是月、哪个是日。请写成 2023-03-05 的样子后重新提交。",
    "two_digit_year": "“{heading}”的年份只有两位。请写成四位年份后重新提交。",
    "incomplete_date": "“{heading}”缺少年、月或日。请写成 2023-03-05 08:01 的样子后重新提交。",
    "impossible_date": "“{heading}”是不存在的日期或时刻。请核对后重新提交。",
    "ambiguous_hour": "“{heading}”的“上午12点”“晚上12点”一类写法分不清是哪一刻。请写成 24 小时制后重新提交。",
    "unknown_date": "“{heading}”认不出是什么时间。请写成 2023-03-05 08:01 的样子后重新提交。",
    "early_date": "“{heading}”早于 {detail} 年，多半有误。请核对后重新提交。",
    "future_date": "“{heading}”晚于运行日期，多半有误。请核对后重新提交。",
    "unknown_flag": "“{heading}”的写法不认识。请填“是”或“否”，或在 columns.toml 的 [confidential] 里登记。",
    "unknown_platform": "看不出是哪个平台的数据。请填 columns.toml 里登记的平台名。",
    "error_value": "“{heading}”是公式错误（{detail}），原值已丢失。请改正后重新提交这一行。",
    "uncached_formula": "“{heading}”是没有算出结果的公式。请用 Excel 或 WPS 打开保存一次后重放。",
    "nested_value": "“{heading}”不是一个值，而是嵌套的内容。请改成文字后重新提交这一行。",
    "nul_character": "“{heading}”里有空字符，内容可能已损坏。请改正后重新提交这一行。",
    "broken_character": "“{heading}”里有残缺的字符。请改正后重新提交这一行。",
    "long_text": "“{heading}”超过 {detail} 字，不像一件诉求。请核对是否多件粘在了一起。",
    "conflicting_columns": "“{heading}”有两列，内容不同，无法判断以哪列为准。请只留一列后重新提交。",
}
"""What to tell, by reason code; {heading} is the native heading, {detail} what the finder adds."""


def reason(code: str, heading: str = "", detail: str = "") -> str:
    """Return the Chinese reason of a code."""
    return REASONS[code].format(heading=heading, detail=detail)


def quarantine_id(file_id: str, sheet_name: str | None, row_number: int | None, column_name: str | None) -> str:
    """Return the id of a quarantine entry: 16 hexadecimal digits, the same whenever the same place is quarantined."""
    row = "" if row_number is None else row_number
    key = f"{file_id}|{sheet_name or ''}|{row}|{column_name or ''}"
    return hashlib.sha256(key.encode()).hexdigest()[:16]


def plain(text: str, limit: int = 20) -> str:
    """Return a heading or name fit for one line of a message: no control characters, at most `limit` characters."""
    line = one_line(text).strip()
    return line if len(line) <= limit else line[: limit - 1] + "…"


def listing(names: Iterable[object]) -> str:
    """Return the first few names or numbers for a message, and how many there are."""
    shown = [plain(str(n)) for n in names]
    return "、".join(shown[:_LISTED]) + (f" 等 {len(shown)} 个" if len(shown) > _LISTED else "")
