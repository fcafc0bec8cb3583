"""Phones, identity numbers and bank cards: every spelling goes, numbers of documents and hotlines stay."""

import pytest

from tests.masking_samples import masker

PHONES = [
    "13812345678", "138 1234 5678", "138-1234-5678", "138.1234.5678", "138·1234·5678", "138_1234_5678",
    "138/1234/5678",
    "138,1234,5678", "138，1234，5678", "138、1234、5678", "138。1234。5678", "138~1234~5678", "138:1234:5678",
    "138|1234|5678", "138+1234+5678", "138=1234=5678", "138—1234—5678", "138–1234–5678", "138 - 1234 - 5678",
    "１３８１２３４５６７８", "１３８－１２３４－５６７８", "(138)1234-5678", "（138）12345678", "138(1234)5678",
    "【138】1234 5678",
    "+8613812345678", "+86 138 1234 5678", "+86-138-1234-5678", "86-13812345678", "0086 13812345678",
    "(86)13812345678",
    "（+86）13812345678", "013812345678", "1 3 8 1 2 3 4 5 6 7 8", "1-3-8-1-2-3-4-5-6-7-8", "13 81 23 45 67 8",
    "138 123 45678", "1381 2345 678", "13812345 678", "138 12345 678", "138 1 2 3 4 5 6 7 8", "13812-34-5678",
    "一三八一二三四五六七八", "幺三八幺二三四五六七八", "幺三八洞洞两三四五六拐", "壹叁捌壹贰叁肆伍陆柒捌",
    "一三八-一二三四-五六七八", "一三八，一二三四，五六七八", "一 三 八 一 二 三 四 五 六 七 八", "138一二三四5678",
    "1三8一2三4五6七8",
    "①③⑧①②③④⑤⑥⑦⑧", "❶❸❽❶❷❸❹❺❻❼❽", "⑴⑶⑻⑴⑵⑶⑷⑸⑹⑺⑻", "⒈⒊⒏⒈⒉⒊⒋⒌⒍⒎⒏", "𝟏𝟑𝟖𝟏𝟐𝟑𝟒𝟓𝟔𝟕𝟖", "¹³⁸¹²³⁴⁵⁶⁷⁸", "138١٢٣٤5678",
    "1️⃣3️⃣8️⃣1️⃣2️⃣3️⃣4️⃣5️⃣6️⃣7️⃣8️⃣", "138\u200b1234\u200b5678",
    "1\u200b3\u200b8\u200b1\u200b2\u200b3\u200b4\u200b5\u200b6\u200b7\u200b8",
    "138\n1234\n5678", "1381234\n5678", "138\r\n12345678", "138\t1234\t5678", "138\u00a01234\u00a05678",
    "138\u30001234\u30005678",
    "138****5678", "138 **** 5678", "138xxxx5678", "138XXXX5678", "138××××5678", "138●●●●5678", "138####5678",
    "138----5678",
    "138……5678", "138*5678", "138***5678", "138*****678", "1381234****", "１３８＊＊＊＊５６７８", "l38l2345678",
    "138O1234567",
]  # fmt: skip
LANDLINES = [
    "0731-85123456", "0731 85123456", "073185123456", "(0731)85123456", "（0731）85123456", "0731-8512 3456",
    "０７３１－８５１２３４５６", "0731-85123456转801", "0731-85123456-801", "86-731-85123456", "+86 731 8512 3456",
    "010-62345678",
    "0731 8 5 1 2 3 4 5 6", "零七三一八五一二三四五六", "0731-8512****", "0739-5123456", "0731-85123456/85123457",
]  # fmt: skip
LOCAL = ["85123456", "8512 3456", "8512-3456", "５１２３４５６７", "85123456转801", "8512345", "八五一二三四五六"]
IDENTITIES = [
    "430102199001011234", "43010219900101123X", "43010219900101123x", "４３０１０２１９９００１０１１２３Ｘ",
    "430102 19900101 1234",
    "430102-19900101-1234", "430102 1990 01 01 1234", "4 3 0 1 0 2 1 9 9 0 0 1 0 1 1 2 3 4", "430102********1234",
    "4301**********1234", "430102199001****34", "430102XXXXXXXX1234", "430102xxxxxxxx123X", "43010219900101****",
    "4301021990\n01011234", "430102\u200b1990\u200b0101\u200b1234", "430102900101123", "430102 900101 123",
    "四三零一零二一九九零零一零一一二三四", "四三零一零二一九九零零一零一一二三X", "④③⓪①⓪②①⑨⑨⓪⓪①⓪①①②③④",
    "430102199013011234",
    "430102，19900101，1234", "430 102 199 001 011 234", "430102 19900101 123 X", "430102199001O11234",
]  # fmt: skip
CARDS = [
    "6222021234567890123", "6222 0212 3456 7890 123", "6222-0212-3456-7890", "6222021234567890",
    "622202 1234567890123",
    "4367421234567890123", "5187101234567890", "６２２２０２１２３４５６７８９０１２３", "6222********7890",
    "6222 **** **** 7890",
    "622202******1234567", "62220212\n34567890123", "6222\u200b0212\u200b3456\u200b7890",
    "六二二二零二一二三四五六七八九零一二三",
    "62220 21234 56789 0123", "6 2 2 2 0 2 1 2 3 4 5 6 7 8 9 0 1 2 3", "62 2202 1234 5678 9012", "62220212 34567890",
]  # fmt: skip

SENTENCES = ["{}", "电话{}，请回电", "本人{}反映", "1、{}", "（{}）", "2023年11月5日，{}，谢谢", "罚款200元 {} 不服"]


def masked_wholly(text: str, number: str, token: str) -> bool:
    """Say whether nothing but the token stands where the number stood."""
    return masker().mask(text) == text.replace(number, token)


@pytest.mark.parametrize("number", [*PHONES, *LANDLINES])
def test_a_phone_goes_wherever_it_stands(number: str) -> None:
    failed = [s for s in SENTENCES if "〔电话〕" not in masker().mask(s.format(number))]
    left = [s for s in SENTENCES if any(c in masker().mask(s.format(number)) for c in "678八捌拐⑧")]
    assert (failed, left) == ([], [])


@pytest.mark.parametrize(
    "number", ["13812345678", "138 1234 5678", "0731-85123456", "+8613812345678", "(0731)85123456"]
)
@pytest.mark.parametrize("sentence", ["{}", "电话：{}。", "请打{}", "tel:{}", "13:30来电，号码{}，姓名不详"])
def test_exactly_the_phone_goes(number: str, sentence: str) -> None:
    assert masked_wholly(sentence.format(number), number, "〔电话〕")


@pytest.mark.parametrize("number", LOCAL)
@pytest.mark.parametrize("sentence", ["电话{}", "联系电话：{}，谢谢", "座机号码是{}", "固话为{}。"])
def test_a_local_number_goes_after_a_word_for_a_phone(number: str, sentence: str) -> None:
    text = sentence.format(number)
    assert masked_wholly(text, number, "〔电话〕")


def test_a_local_number_stays_without_such_a_word() -> None:
    assert masker().mask("设备85123456已坏") == "设备85123456已坏"


def test_a_second_number_in_a_list_goes_with_the_first() -> None:
    assert masker().mask("电话85123456、85123457") == "电话〔电话〕、〔电话〕"


@pytest.mark.parametrize("number", ["400-123-4567", "4001234567", "800-820-1234"])
def test_a_service_number_goes_only_as_the_writers_own(number: str) -> None:
    assert masker().mask(f"联系电话：{number}") == "联系电话：〔电话〕"
    assert masker().mask(f"客服电话{number}") == f"客服电话{number}"


@pytest.mark.parametrize("number", ["12345", "12328", "12122", "110", "122", "95598", "0731-12345"])
def test_public_hotlines_stay(number: str) -> None:
    text = f"已打电话{number}，拨打{number}没人接"
    assert masker().mask(text) == text


def test_a_phone_beside_a_hotline_goes() -> None:
    assert masker().mask("拨打12345 13812345678") == "拨打12345 〔电话〕"


@pytest.mark.parametrize("number", IDENTITIES)
def test_an_identity_number_goes_wherever_it_stands(number: str) -> None:
    failed = [s for s in [*SENTENCES, "身份证号：{}"] if "〔" not in masker().mask(s.format(number))]
    left = [
        s
        for s in SENTENCES
        if any(d in masker().mask(s.format(number)) for d in ("0102", "1234", "123X", "零一", "④③"))
    ]
    assert (failed, left) == ([], [])


def test_what_an_identity_number_is_called() -> None:
    assert masker().mask("身份证430102199001011234，") == "身份证〔证件〕，"
    assert masker().mask("430102 1990 0101 123X") == "〔证件〕"


@pytest.mark.parametrize("number", CARDS)
def test_a_bank_card_goes_wherever_it_stands(number: str) -> None:
    failed = [s for s in [*SENTENCES, "卡号：{}"] if "〔" not in masker().mask(s.format(number))]
    left = [s for s in SENTENCES if any(d in masker().mask(s.format(number)) for d in ("6222", "7890", "六二", "456"))]
    assert (failed, left) == ([], [])


def test_what_a_bank_card_is_called() -> None:
    assert masker().mask("退款到农业银行卡6222021234567890123") == "退款到农业银行卡〔银行卡〕"


def test_numbers_that_follow_each_other_are_told_apart() -> None:
    assert masker().mask("6222021234567890 138 1234 5678") == "〔银行卡〕 〔电话〕"
    assert masker().mask("13812345678 13987654321") == "〔电话〕 〔电话〕"
    assert masker().mask("2023-11-05 13812345678") == "2023-11-05 〔电话〕"
    assert masker().mask("13812345678 2023-11-05 8:30") == "〔电话〕 2023-11-05 8:30"


@pytest.mark.parametrize(
    "text",
    [
        "工单编号20231101001234567", "受理编号：4301021902345678", "处罚决定书编号 430102190234567",
        "订单号6222021234567890123",
        "案号（2023）湘0102行初12号", "决定书（编号：4301021234567890）", "工单号：17230115001",
        "统一社会信用代码914301001838073456",
        "编号GD202311011381234", "JB430102202311010001", "罚单号4301021234567890",
    ],
)  # fmt: skip
def test_numbers_of_documents_stay(text: str) -> None:
    assert masker().mask(text) == text


@pytest.mark.parametrize(
    "text", ["驾驶证编号430102199001011234", "身份证件编号：430102199001011234", "受理，身份证430102199001011234"]
)
def test_a_word_for_a_document_does_not_hide_an_identity_number(text: str) -> None:
    assert masker().mask(text).endswith("〔证件〕")


def test_starred_text_without_a_digit_stays_readable() -> None:
    text = "身份证号：*****************，电话：***"
    assert masker().mask(text) == text
