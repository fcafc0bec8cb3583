"""Accounts of chat and social platforms, nicknames and mail addresses."""

import pytest

from tests.masking_samples import masker

ACCOUNTS = [
    "微信号：abc_123", "微信abc_123", "微信:abc123", "WX:abc123", "wx abc123", "vx：abc_1234", "加V abc123",
    "加v：abc_xyz", "加微信abcdefg",
    "微信号abcdefg", "V信abc123", "微信号是wxid_abc123def", "wxid_abc123def", "薇信abc123", "WeChat ID: abc-123",
    "微 信：abc123",
    "微信号：Ａｂｃ＿１２３", "我微信是abc_123", "加我微信：lxm_1990", "QQ：12345678", "QQ12345678",
    "ＱＱ：１２３４５６７８", "扣扣12345678",
    "QQ号码是：12345678", "加QQ 1234 5678", "企鹅号12345678", "QQ群：12345678", "QQ 一二三四五六七八",
    "抖音号：abc123", "抖音ID: abc123",
    "快手号abc123", "小红书号12345678", "支付宝账号abc123", "微博@长沙小李子", "网名叫追风少年", "昵称：追风少年",
    "用户名：abc123",
    "抖音昵称“追风少年”", "b站UID：12345678",
]  # fmt: skip
EMAILS = [
    "abc@qq.com", "abc＠163.com", "abc.def@gmail.com", "abc(at)163.com", "abc at qq.com", "abc@qq。com",
    "abc [at] qq [dot] com",
    "abc#qq.com", "abc@vip.qq.com", "ABC_1@hunan.gov.cn", "abc @ qq.com", "abc艾特qq点com", "abc＠ｑｑ．ｃｏｍ",
    "12345678@qq.com",
]  # fmt: skip


@pytest.mark.parametrize("text", ACCOUNTS)
def test_an_account_goes(text: str) -> None:
    masked = masker().mask(text)
    assert "〔账号〕" in masked
    lowered = masked.lower()
    assert not any(part in lowered for part in ("abc", "xyz", "1234", "1990", "二三", "小李子", "追风", "ａ"))


@pytest.mark.parametrize("address", EMAILS)
@pytest.mark.parametrize("sentence", ["{}", "邮箱：{}", "请发到{}谢谢"])
def test_a_mail_address_goes(address: str, sentence: str) -> None:
    assert masker().mask(sentence.format(address)) == sentence.format("〔邮箱〕")


@pytest.mark.parametrize(
    "text",
    [
        "微信支付", "微信转账500元", "微信12345元", "微信公众号", "QQ音乐", "支付宝付款12345元", "抖音上看到",
        "微博@长沙交警", "邮箱没有",
        "加微信群", "扫微信二维码", "用手机APP", "ETC扣费", "微信同号", "V5", "wx", "账号被封",
    ],
)  # fmt: skip
def test_platforms_alone_stay(text: str) -> None:
    assert masker().mask(text) == text
