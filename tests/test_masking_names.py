"""Names of complainants, relatives and officers, in all the places where people write them."""

import random

import pytest

from tests.masking_samples import masker, words

SURNAMES = words("surnames.txt")
GIVEN = words("given_names.txt")

SURE = [
    "我叫{}，是货车司机", "我叫{}。", "本人{}，家住", "本人姓名{}，", "姓名：{}", "姓名:{} 电话", "联系人：{}",
    "联系人{}，电话", "联系人：{}（女）",
    "来电人姓名：{}。", "来电人{}反映", "反映人{}称", "投诉人：{}", "举报人：{}\n电话", "诉求人{}来电",
    "民警{}态度恶劣", "民警{}不出示证件",
    "交警{}说我违章", "交警大队民警{}。", "辅警{}当场骂人", "中队长{}收钱", "找到队长{}，他说", "副大队长{}",
    "办案民警：{}", "经办人{}",
    "承办人：{}", "执法人员{}、", "执法队员{}动手打人", "工作人员{}让我等", "一个叫{}的辅警", "名叫{}的民警",
    "我老公{}被罚", "我儿子{}开车",
    "我妻子{}", "我父亲{}今年70岁", "我女儿名叫{}", "我的朋友{}可以作证", "邻居{}也被罚", "同事{}的车", "车主{}，",
    "驾驶员{}驾驶", "司机{}",
    "当事人{}不服", "{}警官", "{}队长说", "{}科长", "{}主任让我等", "{}女士来电", "{}先生反映", "{}同志", "{}师傅",
    "请处理。此致敬礼\n{}",
    "请尽快处理，谢谢！\n{}\n2023年5月1日", "望领导重视。{}", "盼复！        {}", "投诉人：{} 2023年3月5日",
    "户名：{}", "车主姓名：{}",
    "法定代表人{}", "签名：{}", "实名举报{}",
]  # fmt: skip
BARE = [
    "与{}驾驶的小车相撞",
    "被{}打伤",
    "{}驾驶货车经过",
    "由{}负责",
    "，{}说没有办法",
    "（{}）",
    "{}，男，汉族",
    "{}、李明、王强三人",
]


def made_names(count: int, seed: int) -> list[str]:
    rng = random.Random(seed)
    return [rng.choice(SURNAMES) + rng.choice(GIVEN) for _ in range(count)]


def missed(sentences: list[str], names: list[str]) -> list[tuple[str, str]]:
    texts = [(name, sentence.format(name)) for name in names for sentence in sentences]
    pairs = [(name, masker().mask(text)) for name, text in texts]
    return [(name, masked) for name, masked in pairs if name in masked or "〔姓名〕" not in masked]


def test_names_beside_a_word_are_found() -> None:
    names = made_names(60, seed=5)
    assert len(missed(SURE, names)) <= 0.01 * len(SURE) * len(names)


def test_most_names_that_stand_alone_are_found() -> None:
    names = made_names(200, seed=6)
    assert len(missed(BARE, names)) <= 0.06 * len(BARE) * len(names)


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("市民李女士来电", "市民〔姓名〕女士来电"),
        ("张师傅和王先生", "〔姓名〕师傅和〔姓名〕先生"),
        ("欧阳女士", "〔姓名〕女士"),
        ("市民于女士反映", "市民〔姓名〕女士反映"),
        ("民警王某某态度恶劣", "民警〔姓名〕态度恶劣"),
        ("来电人何某军于去年", "来电人〔姓名〕于去年"),
        ("张XX、李**和王×明", "〔姓名〕、〔姓名〕和〔姓名〕"),
        ("交警小李说", "交警小〔姓名〕说"),
        ("老王的车", "老〔姓名〕的车"),
        ("张队说不行", "〔姓名〕队说不行"),
        ("有个姓陈的辅警", "有个姓〔姓名〕的辅警"),
        ("姓名：李 小 明，", "姓名：〔姓名〕，"),
        ("姓名：李　明", "姓名：〔姓名〕"),
        ("我叫买买提·艾力，", "我叫〔姓名〕，"),
        ("阿卜杜拉·热合曼开车", "〔姓名〕开车"),
        ("民警王强、李明和陈刚", "民警〔姓名〕、〔姓名〕和〔姓名〕"),
        ("被周国平，赵磊，孙立军等人围住", "被〔姓名〕，〔姓名〕，〔姓名〕等人围住"),
        ("民警王强拦车，后来王强又骂人", "民警〔姓名〕拦车，后来〔姓名〕又骂人"),
        ("民警张伟态度恶劣", "民警〔姓名〕态度恶劣"),
        ("我叫高峰。", "我叫〔姓名〕。"),
        ("民\u200b警张\u200b伟说", "民\u200b警〔姓名〕说"),
    ],
)
def test_the_name_goes_and_the_role_stays(text: str, masked: str) -> None:
    assert masker().mask(text) == masked


@pytest.mark.parametrize(
    "text",
    [
        "姓名：保密", "联系人：匿名", "反映人：市民", "我叫救护车来", "我叫了代驾", "交警让我走", "民警马上到",
        "交警高峰期不在", "辅警和城管都在",
        "公安局长", "任何领导", "当时司机说", "由于主任不在", "新任局长", "于某些人", "某路口", "百姓高兴",
        "同姓的人", "小区门口", "老人高兴",
        "湘问·投诉直通车", "保利·香槟国际", "请书记明察", "名字是空的", "张贴罚单", "周大福珠宝", "戴头盔",
    ],
)  # fmt: skip
def test_what_only_looks_like_a_name_stays(text: str) -> None:
    assert masker().mask(text) == text
