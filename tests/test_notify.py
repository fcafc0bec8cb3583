"""Notices for real: 钉钉, 企业微信, 飞书 and mail as apprise speaks to them, received on this machine."""

import email
import json
from email.header import decode_header, make_header
from pathlib import Path

import pytest
from apprise.plugins.dingtalk import NotifyDingTalk
from apprise.plugins.feishu import NotifyFeishu
from apprise.plugins.wecombot import NotifyWeComBot

from analysis.errors import IntegrityError
from analysis.exchange.reminder import Reminder, Told
from analysis.notices import Notices
from analysis.site import SitePaths, site_paths
from flows.notify import announce, announce_failure, send_reminder
from tests.loopback import http_receiver, mail_receiver

TOKEN = "0123456789abcdef0123456789abcdef"
NOBODY = "json://127.0.0.1:9"
"""Nobody listens on the discard port."""


@pytest.fixture
def site(tmp_path: Path) -> SitePaths:
    return site_paths(base=tmp_path)


def configure(site: SitePaths, *urls: str) -> None:
    (site.settings / "hotline.toml").write_text(f"[notify]\nurls = {json.dumps(urls)}\n", encoding="utf-8")


@pytest.mark.parametrize(
    ("plugin", "url", "path", "said"),
    [
        (NotifyDingTalk, "dingtalk://{}", "/robot/send?access_token={}", ("text", "content")),
        (NotifyWeComBot, "wecombot://{}", "/cgi-bin/webhook/send?key={}", ("text", "content")),
        (NotifyFeishu, "feishu://{}", "/open-apis/bot/v2/hook/{}/", ("content", "text")),
    ],
    ids=["钉钉", "企业微信", "飞书"],
)
def test_the_robots_of_the_offices_get_title_and_body_in_one_text(
    site: SitePaths,
    plugin: type,
    url: str,
    path: str,
    said: tuple[str, str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Only the host is another one: what apprise sends to it is what it would send to the service."""
    with http_receiver() as (port, heard):
        scheme_and_path = plugin.notify_url.split("/", 3)  # type: ignore[attr-defined]
        monkeypatch.setattr(plugin, "notify_url", f"http://127.0.0.1:{port}/{scheme_and_path[3]}")
        configure(site, url.format(TOKEN))
        delivery = announce(site, "催办提醒（11月23日）", "超期 1 个\n区交警大队 1 个：FR-2026-0001")
    assert (delivery.reached, delivery.faults) == (1, "")
    ((asked, body),) = heard
    assert asked == path.format(TOKEN)
    text = json.loads(body)[said[0]][said[1]]
    assert "诉求分析：催办提醒（11月23日）" in text
    assert "区交警大队 1 个：FR-2026-0001" in text
    assert len(text.encode()) <= 2048


def test_mail_arrives_with_subject_and_body(site: SitePaths) -> None:
    with mail_receiver() as (port, heard):
        configure(site, f"mailto://127.0.0.1:{port}?from=night@example.org&to=chief@example.org&mode=insecure")
        delivery = announce_failure(site, IntegrityError("原文甲乙丙"))
    assert (delivery.reached, delivery.faults) == (1, "")
    (mail,) = map(email.message_from_bytes, heard)
    assert "夜间运行失败" in str(make_header(decode_header(mail["Subject"])))
    parts = [p.get_payload(decode=True).decode() for p in mail.walk() if not p.is_multipart()]  # type: ignore[union-attr]
    assert any("需要人工处理" in part for part in parts)
    assert not any("原文甲乙丙" in part for part in parts)


def test_whom_a_notice_did_not_reach_is_named_without_the_secrets_and_recorded(
    site: SitePaths, capfd: pytest.CaptureFixture[str]
) -> None:
    told = Told(frozenset({"P1"}), frozenset(), "2026-W48")
    with http_receiver() as (port, _), http_receiver(500) as (refusing, _):
        wrong = "dingtalk://no_such_token"
        configure(site, f"json://127.0.0.1:{port}", NOBODY, f"json://127.0.0.1:{refusing}", wrong)
        delivery = send_reminder(site, Reminder("催办提醒", "超期 1 个", told))
    assert delivery.reached == 1
    assert delivery.unreached == ("第 2 个地址（json）", "第 3 个地址（json）", "第 4 个地址（dingtalk）")
    kept = Notices.read(site.notices)
    assert kept.told == told
    assert kept.undelivered is not None
    assert "催办提醒" in str(kept.undelivered)
    written = site.notices.read_text(encoding="utf-8") + delivery.faults + "".join(capfd.readouterr())
    assert "no_such_token" not in written
    assert str(refusing) not in written


def test_a_reminder_that_reached_nobody_is_said_again(site: SitePaths) -> None:
    configure(site, NOBODY)
    told = Told(frozenset({"P1"}), frozenset(), "2026-W48")
    assert send_reminder(site, Reminder("催办提醒", "超期 1 个", told)).reached == 0
    assert Notices.read(site.notices).told == Told()


def test_what_was_settled_meanwhile_is_new_when_it_comes_again(site: SitePaths) -> None:
    settled = Told(frozenset(), frozenset(), "2026-W48")
    send_reminder(site, Reminder("催办提醒", "", settled))
    assert not site.notices.exists()
    with http_receiver() as (port, heard):
        configure(site, f"json://127.0.0.1:{port}", NOBODY)
        send_reminder(site, Reminder("催办提醒", "超期 1 个", Told(frozenset({"P1"}), frozenset(), "2026-W48")))
        send_reminder(site, Reminder("催办提醒", "", settled))
    assert len(heard) == 1
    kept = Notices.read(site.notices)
    assert kept.told == settled
    assert kept.undelivered is not None  # still what is to be mended


def test_without_addresses_nothing_is_sent_or_recorded(site: SitePaths) -> None:
    assert announce(site, "催办提醒", "超期 1 个").faults == ""
    assert not site.notices.exists()


def test_a_record_that_cannot_be_kept_is_told_and_stops_nobody(site: SitePaths) -> None:
    configure(site, NOBODY)
    site.processed.mkdir(parents=True)
    site.notices.write_text("{", encoding="utf-8")
    assert "已损坏" in announce_failure(site, OSError()).faults
