"""Tells people by apprise, at the addresses in the settings, and records whom a notice did not reach."""

import logging
from dataclasses import dataclass
from urllib.parse import urlsplit

from analysis.config import Settings, load_settings
from analysis.errors import HotlineError, IntegrityError
from analysis.exchange.reminder import Reminder, Told
from analysis.notices import forget_settled, record_delivery
from analysis.pipeline.night import now
from analysis.site import SitePaths


@dataclass(frozen=True)
class Delivery:
    """What came of a notice.

    reached: how many addresses. unreached: which not, named without the secrets in them. unrecorded: why this could
    not be noted for `hotline doctor`; empty if it was.
    """

    reached: int = 0
    unreached: tuple[str, ...] = ()
    unrecorded: str = ""

    @property
    def faults(self) -> str:
        """What went wrong, in words; empty if nothing did."""
        missed = f"没有送到{'、'.join(self.unreached)}，请检查设置 notify.urls" if self.unreached else ""
        return "；".join(filter(None, (missed, self.unrecorded)))


def announce_failure(
    paths: SitePaths, fault: BaseException, what: str = "夜间运行", mend: str = "hotline run"
) -> Delivery:
    """Send word that something failed, and of what type its failure was; never a message that could quote a complaint.

    Args:
        paths: the site.
        fault: why.
        what: what failed, as people call it.
        mend: the command that makes up for it.
    """
    kind = "需要人工处理" if isinstance(fault, HotlineError) else type(fault).__name__
    body = f"{what}没有完成（{kind}）。请在服务器上执行 hotline doctor 和 hotline status 查看，再执行 {mend} 补做。"
    return announce(paths, f"{what}失败", body)


def send_reminder(paths: SitePaths, reminder: Reminder) -> Delivery:
    """Send a reminder, if it says anything; where it reached somebody, what it told is not told again as new."""
    if reminder.body:
        return announce(paths, reminder.title, reminder.body, reminder.told)
    forget_settled(paths.notices, reminder.told)
    return Delivery()


def announce(paths: SitePaths, title: str, body: str, told: Told | None = None) -> Delivery:
    """Send a notice to every address, and record whom it did not reach; its failure is no failure of the caller.

    told: what is known to be told once it reached somebody.
    """
    settings = load_settings(paths.settings)
    if not settings.notify.urls:
        return Delivery()
    unreached = _send(settings, f"{settings.site.name} 诉求分析：{title}", body)
    reached = len(settings.notify.urls) - len(unreached)
    try:
        record_delivery(paths.notices, now(settings), title, unreached, told if reached else None)
    except IntegrityError as error:
        return Delivery(reached, unreached, str(error))
    except OSError as error:
        return Delivery(reached, unreached, f"通知记录 {paths.notices} 写不进去（{type(error).__name__}）")
    return Delivery(reached, unreached)


def _send(settings: Settings, title: str, body: str) -> tuple[str, ...]:
    """Send to each address, and return which it did not reach."""
    import apprise

    logging.getLogger(apprise.__name__).disabled = True  # its lines quote the tokens in addresses
    unreached = []
    for position, url in enumerate(settings.notify.urls, 1):
        messenger = apprise.Apprise()  # one an address: of several it tells only that one of them failed
        if not (messenger.add(url) and messenger.notify(title=title, body=body)):
            unreached.append(f"第 {position} 个地址（{urlsplit(url).scheme}）")
    return tuple(unreached)
