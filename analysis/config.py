"""Settings: `defaults.toml` and, over it, the site's own `hotline.toml`; an unknown key is an error."""

import re
import tomllib
from importlib.resources import files
from ipaddress import ip_address
from pathlib import Path
from typing import Annotated, Any, Literal, Self
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator

from analysis.errors import SettingsError
from analysis.intranet import is_intranet
from analysis.validation import describe

SITE_FILE = "hotline.toml"


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


def _known_timezone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise ValueError(f"未知时区 {name}") from error
    return name


def _regular_expression(pattern: str) -> str:
    try:
        re.compile(pattern)
    except re.error as error:
        raise ValueError(f"不是合格的正则表达式：{error}") from error
    return pattern


def _base_url(address: str) -> str:
    if not address:
        return address
    try:
        parts = urlsplit(address)
        is_sound = parts.scheme in ("http", "https") and parts.hostname and (parts.port is None or parts.port > 0)
    except ValueError:
        is_sound = False
    if not is_sound or parts.username or parts.query or parts.fragment:
        raise ValueError("应写作 http://主机:端口/v1 的样子，不带用户名、密码、问号")
    return address.rstrip("/")


def _is_public_address(endpoint: str) -> bool:
    """Say whether an endpoint is written as an address outside the intranet; a name is looked up when it is asked."""
    try:
        return not is_intranet(ip_address(str(urlsplit(endpoint).hostname)))
    except ValueError:
        return False


def _cron_line(line: str) -> str:
    if not _CRON.fullmatch(line):
        raise ValueError("应是五段的 cron，如 30 2 * * *")
    return line


_CRON = re.compile(r"[\w*/,-]+( [\w*/,-]+){4}", re.ASCII)
_Cron = Annotated[str, AfterValidator(_cron_line)]
_Positive = Annotated[int, Field(gt=0)]
_Share = Annotated[float, Field(ge=0, le=1)]
_Weight = Annotated[float, Field(ge=0)]


class Site(_Section):
    """Whose ledger this is."""

    code: Annotated[str, Field(pattern=r"^[A-Z]{1,8}$")]
    name: str
    office: str
    district_names: tuple[str, ...] = Field(strict=False)
    foreign_district_patterns: tuple[Annotated[str, AfterValidator(_regular_expression)], ...] = Field(strict=False)
    timezone: Annotated[str, AfterValidator(_known_timezone)]


class Ingest(_Section):
    """Bounds on what is read."""

    max_file_mb: _Positive
    max_unpacked_mb: _Positive
    max_text_characters: _Positive
    max_rows_per_file: _Positive
    read_timeout_seconds: _Positive
    read_memory_mb: _Positive
    earliest_year: _Positive
    future_tolerance_days: Annotated[int, Field(ge=0)]


class Classify(_Section):
    """From which scores on the night's run includes a complaint, or asks a human."""

    include_from: _Share
    review_from: _Share

    @model_validator(mode="after")
    def _bounds_are_in_order(self) -> Self:
        if self.review_from > self.include_from:
            raise ValueError("review_from 不能高于 include_from")
        return self

    @property
    def middle(self) -> float:
        """Return from which score on a complaint leans towards being in scope."""
        return (self.review_from + self.include_from) / 2


class Train(_Section):
    """How a model learns from a site's own labels, and from its texts without a label."""

    site_label_weight: Annotated[float, Field(gt=0, le=100)]
    min_site_labels: Annotated[int, Field(ge=4)]
    validation_repeats: _Positive
    tolerated_loss: _Share
    self_training: bool
    guess_in_from: _Share
    guess_out_below: _Share
    guess_weight: Annotated[float, Field(gt=0, le=1)]
    guess_limit: _Positive

    @model_validator(mode="after")
    def _guesses_are_one_or_the_other(self) -> Self:
        if self.guess_out_below > self.guess_in_from:
            raise ValueError("guess_out_below 不能高于 guess_in_from")
        return self


class Explain(_Section):
    """How much an explanation tells."""

    strong_from: Annotated[float, Field(gt=0)]
    told_from: Annotated[float, Field(gt=0)]
    shown_clauses: _Positive
    shown_cues: _Positive
    shown_alternatives: _Positive


class Assist(_Section):
    """The optional assistant: a language model of the site's own that gives its opinion on complaints under review."""

    enabled: bool
    endpoint: Annotated[str, AfterValidator(_base_url)]
    model: str
    api_key_env: Annotated[str, Field(pattern=r"^([A-Za-z_][A-Za-z0-9_]*)?$")]
    allow_public: bool
    timeout_seconds: Annotated[float, Field(gt=0)]
    max_requests_per_night: _Positive
    max_seconds_per_night: Annotated[float, Field(gt=0)]
    retries: Annotated[int, Field(ge=0)]
    retry_wait_seconds: Annotated[float, Field(ge=0)]
    failures_in_a_row: _Positive
    max_answer_kb: _Positive
    max_answer_tokens: _Positive

    @model_validator(mode="after")
    def _is_complete(self) -> Self:
        if self.enabled and not (self.endpoint and self.model):
            raise ValueError("启用助手须写明 endpoint 和 model")
        if self.enabled and not self.allow_public and _is_public_address(self.endpoint):
            raise ValueError("endpoint 是公网地址，诉求不得出内网；内网用了公网号段的才把 allow_public 改为 true")
        return self


class Ledger(_Section):
    """Rules of merging."""

    longest_deadline_years: _Positive
    secondary_score: _Share
    same_matter_similarity: _Share
    same_matter_first_similarity: _Share
    same_matter_window_days: _Positive
    same_matter_epochs: _Positive
    same_matter_per_key: _Positive
    same_matter_candidates: _Positive


class Recurrence(_Section):
    """How the times before and after the closing of a problem are compared."""

    months_before: _Positive
    confidence: Annotated[float, Field(gt=0, lt=1)]


class ReviewWeights(_Section):
    """How much each reason for a review adds to its value."""

    conflict: _Weight
    disagreement: _Weight
    uncertain: _Weight
    rare: _Weight
    unsure: _Weight
    novel: _Weight
    elusion: _Weight


class Review(_Section):
    """Which judgements a human should look at, and in which order."""

    disagreement_from: Annotated[float, Field(gt=0)]
    rare_below: _Positive
    novel_from: _Share
    longest_reason: _Positive
    weights: ReviewWeights


class Elusion(_Section):
    """The monthly sample of what the model judged out of scope."""

    sample_size: _Positive
    confidence: Annotated[float, Field(gt=0, lt=1)]
    told_months: _Positive


class LookBack(_Section):
    """The sample of closed problems that are looked back at."""

    sample_size: _Positive
    confidence: Annotated[float, Field(gt=0, lt=1)]


class Drift(_Section):
    """When the judgements of a run differ from those of the runs before."""

    earlier_runs: _Positive
    least_runs: Annotated[int, Field(ge=2)]
    least_judged: _Positive
    deviations: Annotated[float, Field(gt=0)]
    least_deviation: _Share

    @model_validator(mode="after")
    def _enough_runs_fit(self) -> Self:
        if self.least_runs > self.earlier_runs:
            raise ValueError("least_runs 不能大于 earlier_runs")
        return self


class Exchange(_Section):
    """What may leave the office."""

    small_count: _Positive
    longest_filed_text: _Positive
    longest_filed_name: _Positive
    copied_run: Annotated[int, Field(ge=6)]
    longest_digest_table: _Positive
    most_details: _Positive
    most_waiting: _Positive


class Search(_Section):
    """How complaints are ranked that an analyst looks for, and how much of them is shown."""

    repetition: Annotated[float, Field(ge=0)]
    length_discount: _Share
    similar_words: _Positive
    snippet_characters: _Positive


class Figures(_Section):
    """How the numbers behind figures are classed, and what is told of words."""

    confidence: Annotated[float, Field(gt=0, lt=1)]
    ageing_days: tuple[_Positive, ...] = Field(strict=False, min_length=1)
    repeat_times: tuple[_Positive, ...] = Field(strict=False, min_length=1)
    keyword_prior: Annotated[float, Field(gt=0)]
    keyword_least_persons: _Positive
    keywords_kept: _Positive
    tracked_words: _Positive

    @model_validator(mode="after")
    def _classes_are_in_order(self) -> Self:
        for name in ("ageing_days", "repeat_times"):
            edges = getattr(self, name)
            if list(edges) != sorted(set(edges)):
                raise ValueError(f"{name} 须从小到大，不重复")
        if self.repeat_times[0] != 1:
            raise ValueError("repeat_times 须从 1 起")
        return self


class Report(_Section):
    """Which counts a report shows."""

    small_count: Annotated[int, Field(ge=5)]
    public_small_count: Annotated[int, Field(ge=20)]


class Schedule(_Section):
    """When things start, in the site's time zone, and whether new files start a run too.

    What has no time (an empty text) never starts by itself.
    """

    cron: _Cron
    weekly_report: _Cron | Literal[""]
    monthly_report: _Cron | Literal[""]
    reminder: _Cron | Literal[""]
    watch: bool
    watch_seconds: _Positive
    settle_seconds: _Positive


class Doctor(_Section):
    """From which facts on `hotline doctor` warns."""

    least_free_mb: _Positive
    free_share_of_ledger: Annotated[float, Field(gt=0)]
    least_memory_mb: _Positive
    oldest_snapshot_hours: _Positive
    longest_run_hours: _Positive


class Retention(_Section):
    """For how many days raw files and texts are kept; 0 for ever."""

    raw_days: Annotated[int, Field(ge=0)]
    text_days: Annotated[int, Field(ge=0)]


class Notify(_Section):
    """Who is told when a run fails and what is due, and how much."""

    urls: tuple[str, ...] = Field(strict=False)
    reminders: Literal["changes", "daily"]
    longest_bytes: Annotated[int, Field(ge=200)]


class Settings(_Section):
    """All tunables of a site."""

    site: Site
    ingest: Ingest
    classify: Classify
    train: Train
    explain: Explain
    assist: Assist
    ledger: Ledger
    recurrence: Recurrence
    review: Review
    elusion: Elusion
    look_back: LookBack
    drift: Drift
    exchange: Exchange
    search: Search
    figures: Figures
    report: Report
    schedule: Schedule
    doctor: Doctor
    retention: Retention
    notify: Notify


def _merge(base: dict[str, Any], override: dict[str, Any]) -> dict[str, Any]:
    merged = dict(base)
    for key, value in override.items():
        both_tables = isinstance(value, dict) and isinstance(base.get(key), dict)
        merged[key] = _merge(base[key], value) if both_tables else value
    return merged


def load_settings(site_directory: Path | None = None) -> Settings:
    """Return the shipped settings with those of `site_directory/hotline.toml`, where it exists, laid over them.

    Raises:
        SettingsError: the file is not TOML, has an unknown key, or a value out of its range.
    """
    content = tomllib.loads(files("analysis").joinpath("defaults.toml").read_text(encoding="utf-8"))
    path = site_directory / SITE_FILE if site_directory else None
    if path is not None and path.is_file():
        try:
            content = _merge(content, tomllib.loads(path.read_bytes().decode("utf-8-sig")))
        except (ValueError, RecursionError) as error:
            raise SettingsError(f"设置文件 {path} 不是合格的 TOML：{error}。请对照默认设置修改。") from error
    try:
        return Settings.model_validate(content)
    except ValidationError as error:
        key, reason = describe(error.errors()[0])
        raise SettingsError(f"设置文件 {path} 的“{key}”有误：{reason}。请对照默认设置修改。") from error
