"""Tells people that a run failed: by apprise, to the addresses in the settings."""

from analysis.config import Settings
from analysis.errors import HotlineError


def announce_failure(settings: Settings, fault: BaseException) -> bool:
    """Send word that a run failed, and of what type its failure was; never a message that could quote a complaint.

    Returns whether everybody could be told; true where nobody is to be told.
    """
    if not settings.notify.urls:
        return True
    import apprise

    kind = "需要人工处理" if isinstance(fault, HotlineError) else type(fault).__name__
    messenger = apprise.Apprise()
    accepted = [messenger.add(url) for url in settings.notify.urls]
    sent = messenger.notify(
        title=f"{settings.site.name} 诉求分析：夜间运行失败",
        body=f"夜间运行没有完成（{kind}）。请在服务器上执行 hotline status 查看，再执行 hotline run 补跑。",
    )
    return all(accepted) and bool(sent)
