"""Searches the complaints of an opened snapshot: questions in Chinese, filters by name, results for people."""

from collections.abc import Mapping
from datetime import date, datetime
from functools import cached_property

import pandas as pd

from analysis.codebook.names import codes_named, units_named
from analysis.codebook.scheme import Scheme, load_scheme
from analysis.codebook.units import UnitRegister, load_units
from analysis.config import Settings
from analysis.contracts import FOUND_COMPLAINTS, SIMILAR_COMPLAINTS, Segmenter, conform
from analysis.errors import UsageError
from analysis.ingest.sources import load_sources
from analysis.ledger.search import Asked, Filters, SearchIndex, Weighing, parse_question
from analysis.ledger.store import Reader
from analysis.segment.jieba_segmenter import load_segmenter
from analysis.site import SitePaths
from analysis.snippet import cut_snippet

Day = date | str
"""A day, or how it is written: 2026-11-20."""


class ComplaintSearch:
    """Full-text search over the masked complaints of a snapshot; what it needs is loaded by the first search.

    Args:
        reader: the snapshot.
        paths: the site, whose lexicon, units, sources and scheme are used.
        settings: how hits are ranked and shown.
    """

    def __init__(self, reader: Reader, paths: SitePaths, settings: Settings) -> None:
        self._reader = reader
        self._paths = paths
        self._settings = settings.search
        weighing = Weighing(k1=settings.search.repetition, b=settings.search.length_discount)
        self._index = SearchIndex(reader, weighing)

    @cached_property
    def _segmenter(self) -> Segmenter:
        return load_segmenter(self._paths.codebook)

    @cached_property
    def _scheme(self) -> Scheme:
        return load_scheme(self._paths.codebook)

    @cached_property
    def _units(self) -> UnitRegister:
        return load_units(self._paths.codebook)

    @cached_property
    def _source_names(self) -> Mapping[str, str]:
        return {source.source_code: source.name for source in load_sources(self._paths.codebook).source}

    def find(
        self,
        question: str,
        limit: int,
        *,
        since: Day | None = None,
        until: Day | None = None,
        unit: str | None = None,
        code: str | None = None,
        channel: str | None = None,
    ) -> pd.DataFrame:
        """Return the complaints that a question finds, columns of FOUND_COMPLAINTS; filters as in `Snapshot.search`.

        Raises:
            UsageError: there is no word in the question, or a filter means nothing.
        """
        asked = parse_question(question, self._segmenter)
        if not asked:
            raise UsageError("没有可查的词。请写一个或几个词，例如：违停 抄牌 芙蓉路。")
        unit_ids, unit_kind = (None, None) if unit is None else units_named(self._units, unit)
        channel, source_codes = self._channel_filter(channel)
        filters = Filters(
            since=_day(since, "since"),
            until=_day(until, "until"),
            channel=channel,
            source_codes=source_codes,
            codes=None if code is None else codes_named(self._scheme, code),
            unit_ids=unit_ids,
            unit_kind=unit_kind,
        )
        return conform(self._shown(asked, filters, limit), FOUND_COMPLAINTS)

    def similar(self, complaint_id: str, limit: int) -> pd.DataFrame:
        """Return the complaints most like one, columns of SIMILAR_COMPLAINTS.

        Raises:
            UsageError: there is no such complaint.
        """
        own = self._reader.query("search_found", complaint_ids=[complaint_id])
        if own.empty:
            raise UsageError(f"快照里没有诉求 {complaint_id}。请核对编号。")
        asked = self._index.weightiest(complaint_id, self._settings.similar_words)
        found = self._shown(asked, Filters(left_out=complaint_id), limit)
        matter_id = own["matter_id"].iloc[0]
        is_same = found["matter_id"].map(lambda other: matter_id is not None and other == matter_id)
        return conform(found.assign(is_same_matter=is_same.astype(bool)), SIMILAR_COMPLAINTS)

    def _shown(self, asked: list[Asked], filters: Filters, limit: int) -> pd.DataFrame:
        if limit < 1:
            raise UsageError(f"limit 应为正整数，不能是 {limit}。")
        ranked = self._index.find(asked, filters, limit)
        found = self._reader.query("search_found", complaint_ids=ranked["complaint_id"].to_list())
        hits = ranked.merge(found, on="complaint_id", how="left", validate="one_to_one")
        words = [list(dict.fromkeys(said.split("、"))) for said in hits["words"]]
        width = self._settings.snippet_characters
        snippets = [cut_snippet(text, said, width) for text, said in zip(hits["text"], words, strict=True)]
        return hits.assign(
            words=pd.Series(["、".join(said) for said in words], dtype=object),
            snippet=pd.Series(snippets, dtype=object),
            channel=hits["channel"].where(hits["channel"].notna(), hits["source_code"].map(self._source_name)),
            unit=hits["unit_ids"].map(self._unit_names, na_action="ignore").where(
                hits["unit_ids"].notna(), hits["unit_kind"]
            ),
        )  # fmt: skip

    def _source_name(self, source_code: str) -> str:
        return self._source_names.get(source_code, source_code)

    def _unit_names(self, unit_ids: str) -> str:
        names = {unit.unit_id: unit.short_name for unit in self._units.unit}
        return ";".join(names.get(unit_id, unit_id) for unit_id in unit_ids.split(";"))

    def _channel_filter(self, channel: str | None) -> tuple[str | None, tuple[str, ...]]:
        """Return what to compare the channel with, and the sources of that name or code, which may give no channel."""
        sources = tuple(code for code, name in self._source_names.items() if channel in (code, name))
        if channel is not None and not sources:
            known = self._reader.query("channels")["channel"].to_list()
            if channel not in known:
                raise UsageError(f"没有渠道“{channel}”。有的是：{'、'.join([*known, *self._source_names.values()])}。")
        return channel, sources


def _day(day: Day | None, name: str) -> date | None:
    if isinstance(day, str):
        try:
            return date.fromisoformat(day)
        except ValueError as error:
            raise UsageError(f"{name} 应写成 2026-11-20 这样的日期，不能是“{day}”。") from error
    return day.date() if isinstance(day, datetime) else day
