"""The counting itself: a promise that was not tried is not kept, and the table says so."""

from pathlib import Path

from tests.trust.reporting import put_table
from tests.trust.tally import Promise, Tally, promises, table


def test_a_promise_is_kept_while_few_enough_attempts_fail() -> None:
    counts = Tally(Promise("x", "试", "底线", most=0.1))
    assert not counts.kept()
    for number in range(10):
        counts.count(number > 0, f"{number}")
    assert counts.kept()
    assert counts.failures == ["0"]
    counts.count(False, "10")
    assert not counts.kept()


def test_the_table_adds_up_and_says_what_was_not_tried() -> None:
    first, second, *_ = promises().values()
    text = table([(first.code, 3, 0), (first.code, 4, 1)])
    assert f"| {first.title} | {first.goal} | 7 | 1 |" in text
    assert f"| {second.title} | {second.goal} | 没有试 | — |" in text


def test_only_the_table_of_the_page_is_replaced(tmp_path: Path) -> None:
    page = tmp_path / "页.md"
    page.write_text("前\n<!-- 次数 -->\n旧\n<!-- /次数 -->\n后\n", encoding="utf-8")
    put_table(page, "新")
    assert page.read_text(encoding="utf-8") == "前\n<!-- 次数 -->\n新\n<!-- /次数 -->\n后\n"
