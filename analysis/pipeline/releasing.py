"""What keeps a text from being released to a unit: personal data, words and ids of the problem's complaints."""

from collections.abc import Callable, Iterator
from functools import cache

from analysis.config import Settings
from analysis.ingest.masking import TOKEN, load_masker
from analysis.ledger.release import copied_run, names_complaint
from analysis.ledger.store import Reader
from analysis.site import SitePaths

_ADVICE = "请改用自己的中性文字，只写要整改的事实，不写反映人的情况和人名。"


def release_check(reader: Reader, paths: SitePaths, settings: Settings) -> Callable[[str, str], Iterator[str]]:
    """Return what tells, of a problem and a text, why the problem's unit may not see the text (Chinese sentences).

    What is wrong is told by its kind and its place, never by what stands there.
    """
    masker = cache(lambda: load_masker(paths.codebook))  # loaded where a text is released, which is not in every file

    def troubles(problem_id: str, text: str) -> Iterator[str]:
        spans = masker().find(text)
        if spans:
            told = "、".join(f"{span.kind}（第 {span.start + 1} 个字起）" for span in spans)
            yield f"放行文字里还有{told}。{_ADVICE}"
        if TOKEN.search(text):
            yield f"放行文字里有〔电话〕之类的去隐私标记，是从诉求抄来的。{_ADVICE}"
        complaints = reader.query("texts_of_problem", problem_id=problem_id)
        if names_complaint(text, filter(None, [*complaints["complaint_id"], *complaints["native_id"]])):
            yield f"放行文字里有诉求的编号，据以可以查到反映人。{_ADVICE}"
        words = filter(None, [*complaints["title"], *complaints["text"], *complaints["place"]])
        if run := copied_run(text, words, settings.exchange.copied_run):
            yield f"放行文字从第 {run.start + 1} 个字起有 {run.length} 个字与诉求原文连续相同。{_ADVICE}"

    return troubles
