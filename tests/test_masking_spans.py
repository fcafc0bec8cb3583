"""Spans unite without leaving anything of either over, and are cut out exactly."""

from hypothesis import given
from hypothesis import strategies as st

from analysis.ingest.masking.spans import Kind, PersonalSpan, cut, unite

spans = st.builds(
    lambda start, size, kind: PersonalSpan(start, start + size, kind, "test"),
    st.integers(0, 30),
    st.integers(1, 8),
    st.sampled_from(list(Kind)),
)


def covered(found: list[PersonalSpan]) -> set[int]:
    return {at for span in found for at in range(span.start, span.end)}


@given(st.lists(spans, max_size=12))
def test_united_spans_cover_the_same_and_are_disjoint(found: list[PersonalSpan]) -> None:
    united = unite(found)
    assert covered(united) == covered(found)
    assert sum(span.end - span.start for span in united) == len(covered(found))


def test_the_longest_gives_the_name() -> None:
    phone, account = PersonalSpan(3, 14, Kind.PHONE, "mobile"), PersonalSpan(0, 14, Kind.ACCOUNT, "account")
    assert unite([phone, account]) == [account]


def test_of_two_equal_ones_the_kind_declared_first_gives_the_name() -> None:
    phone, account = PersonalSpan(3, 14, Kind.PHONE, "mobile"), PersonalSpan(3, 14, Kind.ACCOUNT, "account")
    assert unite([account, phone]) == [phone]


def test_parts_of_one_address_become_one_token() -> None:
    parts = [PersonalSpan(4, 7, Kind.ADDRESS, "a"), PersonalSpan(7, 12, Kind.ADDRESS, "b")]
    assert cut("住人民路88号3栋2单元吗", unite(parts)) == "住人民路〔住址〕吗"
    other = [PersonalSpan(0, 2, Kind.NAME, "a"), PersonalSpan(2, 4, Kind.PHONE, "b")]
    assert cut("李明12", unite(other)) == "〔姓名〕〔电话〕"
