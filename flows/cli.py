"""The command line `hotline`: its commands, exit codes, and the one place where errors become messages."""

import atexit
import errno
import os
import sys
import traceback
from collections.abc import Sequence
from pathlib import Path

import click

from analysis.errors import HotlineError
from analysis.line import one_line
from flows.chinese_click import LazyGroup, explain

_COMMANDS = {
    "run": ("flows.commands.run:run", "现在就做一次夜间运行：收件、判断、归并、发布。"),
    "serve": ("flows.commands.serve:serve", "登记每夜定时运行，并守候执行。"),
    "watch": ("flows.commands.watch:watch", "守候原始目录：放入新文件就运行一次。"),
    "status": ("flows.commands.status:status", "查看上次运行、各项计数、隔离区和超期问题。"),
    "doctor": ("flows.commands.doctor:doctor", "检查安装和运行环境，逐条说怎样办。"),
    "verify": ("flows.commands.verify:verify", "核对台账：事件链、问题、归并、收件行数、快照是否一致。"),
    "trace": ("flows.commands.trace:trace", "从问题、诉求编号追溯到文件、行、证据和版本；报告编号到算法。"),
    "audit": ("flows.commands.audit:audit", "谁在什么时候做了什么：决定、复核、归并、放行、导入、导出、运行。"),
    "key": ("flows.commands.key:key", "反映人摘要的密钥：更换。"),
    "erase": ("flows.commands.erase:erase", "清除一个反映人全部诉求的文字，判断和计数保留。"),
    "retention": ("flows.commands.retention:retention", "按保存期限删除原始文件、清除诉求文字。"),
    "explain": ("flows.commands.explain:explain", "说明一件诉求或一段文字为什么这样判断。"),
    "quarantine": ("flows.commands.quarantine:quarantine", "隔离区：列出、导出修改、重新提交。"),
    "review": ("flows.commands.review:review", "人工复核：导出复核表、导入复核意见、计算一致率。"),
    "problems": ("flows.commands.problems:problems", "自查、上级交办、督察、案卷评查发现的问题：登记表、导入。"),
    "decide": ("flows.commands.decide:decide", "监督决定：导出监督台账、导入决定、更正。"),
    "place": ("flows.commands.place:place", "人工归并：诉求归哪个问题、哪些诉求是同一事项。"),
    "import": ("flows.commands.import_ledgers:import_ledgers", "导入责任单位交回的整改台账，逐格核对。"),
    "lookback": ("flows.commands.lookback:lookback", "回头看：抽取已销号问题、导入核查结果、推算残留失败的上限。"),
    "export": ("flows.commands.export:export", "按台账现在的状态重新导出台账、清单和夜报。"),
    "report": ("flows.commands.report:report", "写出一个时期的分析报告，每个数都可追溯。"),
    "remind": ("flows.commands.remind:remind", "催办提醒：通知哪些问题新超期、新临期。"),
    "classify": ("flows.commands.classify:classify", "对一个表格里的诉求逐件判断，写出结果表。"),
    "group": ("flows.commands.group:group", "对一个表格里的诉求找出同一事项（重复件）。"),
    "mask": ("flows.commands.mask:mask", "去除一个表格里的个人信息，列不变。"),
    "train": ("flows.commands.train:train", "用语料和本单位的标注训练判断模型。"),
    "evaluate": ("flows.commands.evaluate:evaluate", "检验在用的模型：分数与区间、各类别的对错、错例编号。"),
    "models": ("flows.commands.models:models", "判断模型：列出、比较、换用。"),
    "dictionary": ("flows.commands.dictionary:dictionary", "输出数据字典：每张表、每一列的含义。"),
}

_ERRORS = {
    errno.ENOSPC: "磁盘已满",
    errno.EDQUOT: "磁盘配额已满",
    errno.EACCES: "没有权限",
    errno.EPERM: "没有权限",
    errno.EROFS: "磁盘只读",
    errno.ENOENT: "文件或目录不存在",
    errno.EISDIR: "是目录，不是文件",
    errno.ENOTDIR: "上级不是目录",
    errno.EIO: "磁盘读写出错",
}
_INTERNAL_ERROR, _FILE_ERROR, _INTERRUPTED = 70, 6, 130

_EPILOG = """\b
例：
  hotline run
  hotline run --raw 数据/原始 --processed 数据/结果
  hotline classify --input 诉求.csv --output 判断.csv
  hotline trace FR-2026-0001

\b
退出码：
  0 成功　1 一般错误　2 用法或输入文件有误　3 设置或代码本有误
  4 另一次运行正在进行　5 台账完整性有误　6 读写文件失败（如磁盘已满）
  70 程序内部错误　130 被中断
"""


@click.group(cls=LazyGroup, lazy=_COMMANDS, epilog=_EPILOG, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(
    package_name="hotline-ledger", prog_name="hotline", message="%(prog)s %(version)s", help="显示版本。"
)
def hotline() -> None:
    """道路交通与运输执法诉求分析：把热线工单和网络留言变成问题台账。"""


def main() -> None:
    """Run the command line; every foreseeable error becomes one Chinese line and an exit code."""
    status = 0

    def leave() -> None:
        # DuckDB's binding prints a page about «leaked instances» when the interpreter is torn down while Prefect
        # still refers to them. Registered before anything is imported, so that it runs after everybody's clean-up.
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)

    atexit.register(leave)
    status = run()
    sys.exit(status)


def run(arguments: Sequence[str] | None = None) -> int:
    """Run the command line with arguments, those of the process if none are given, and return its exit code."""
    try:
        result = hotline.main(arguments, standalone_mode=False)
    except click.exceptions.Exit as stop:
        return stop.exit_code
    except click.ClickException as error:
        return _fail(explain(error), error.exit_code)
    except (click.Abort, KeyboardInterrupt):
        return _fail("已中断。再次执行 hotline run 会从断点继续。", _INTERRUPTED)
    except HotlineError as error:
        return _fail(str(error), error.exit_code)
    except BrokenPipeError:
        # The reader of our output went away (hotline … | head): not an error of ours.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except OSError as error:
        return _fail(
            f"读写 {error.filename or '文件'} 失败：{_ERRORS.get(error.errno or 0, error.strerror)}。请处理后重试。",
            _FILE_ERROR,
        )
    except Exception as error:  # the last resort: a traceback could show complaint text
        where = traceback.extract_tb(error.__traceback__)[-1]
        place = f"{Path(where.filename).name}:{where.lineno}"
        return _fail(f"程序内部错误（{type(error).__name__}，{place}）。请把这一行报告给维护者。", _INTERNAL_ERROR)
    return result if isinstance(result, int) else 0


def _fail(message: str, code: int) -> int:
    click.echo(f"错误：{one_line(message)}", err=True)
    return code


if __name__ == "__main__":
    main()
