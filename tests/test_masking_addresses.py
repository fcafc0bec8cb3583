"""Homes: what lies below the residential compound, the village or the street goes; places complained about stay."""

import pytest

from tests.masking_samples import masker

ROOMS = [
    "3栋2单元501室", "3栋2单元501", "3栋501室", "3栋501", "三栋二单元五零一室", "三栋二单元501", "3号楼2单元501室",
    "3幢2单元501室", "3-2-501",
    "3-501", "3#501", "3#2-501", "A栋1203室", "A座1203", "B3栋2单元1502房", "12栋2203", "3栋2门501室", "三栋五楼",
    "3栋5楼502", "2单元501室",
    "501室", "1203房", "3栋2单元5楼右户", "第3栋第2单元501室", "3号楼2门5户", "５栋２单元３０２室",
    "3 栋 2 单元 501 室", "3栋，2单元，501室",
    "C3栋1单元1201户", "东3栋201", "8栋602号房", "五栋三单元六楼", "3栋1单元中户", "10栋1单元1001-2", "3栋乙单元402",
]  # fmt: skip
HOMES = [
    "家住阳光小区{}", "住在长沙市芙蓉区马王堆街道阳光小区{}。", "住址：阳光小区{}",
    "家庭住址:湖南省长沙市芙蓉区阳光小区{}，电话",
    "我住阳光小区{}楼下", "现居住于东方明珠{}", "我家在阳光小区{}", "姓名李明，电话不便，地址：阳光小区{}",
    "租住在阳光公寓{}", "户籍地址：阳光小区{}",
]  # fmt: skip
UNCUED = ["阳光小区{}李女士反映", "业主陈某（阳光小区{}）", "我是金色家园{}的业主"]
GROUPS = ["12组35号", "12组", "三组", "第三村民小组", "5组12号", "村民小组3组", "第五组"]
STREETS = [
    "人民路88号",
    "芙蓉中路一段88号",
    "五一大道123号附2号",
    "蔡锷北路56号之一",
    "书院路9号院3栋501",
    "朝阳街12-3号",
    "学院街三巷5号",
]


@pytest.mark.parametrize("room", ROOMS)
@pytest.mark.parametrize("sentence", [*HOMES, *UNCUED])
def test_the_room_goes_and_the_compound_stays(room: str, sentence: str) -> None:
    masked = masker().mask(sentence.format(room))
    assert "〔住址〕" in masked
    assert not any(d in masked for d in ("501", "120", "2203", "单元", "五零一", "302", "602", "402", "1502", "五楼"))
    assert any(kept in masked for kept in ("阳光", "明珠", "家园"))


@pytest.mark.parametrize("group", GROUPS)
@pytest.mark.parametrize(
    "sentence", ["家住星光村{}", "我是星光村{}村民", "住址：东湖镇星光村{}", "星光村{}李大爷", "住东岸乡星光村{}，"]
)
def test_the_group_goes_and_the_village_stays(group: str, sentence: str) -> None:
    masked = masker().mask(sentence.format(group))
    assert "星光村〔住址〕" in masked
    assert group not in masked


@pytest.mark.parametrize("street", STREETS)
@pytest.mark.parametrize(
    "sentence", ["住在{}", "家住{}，", "住址：{}", "本人住{}，", "现住芙蓉区{}", "户籍地址{}", "联系地址:{}"]
)
def test_the_house_number_of_a_home_goes(street: str, sentence: str) -> None:
    masked = masker().mask(sentence.format(street))
    assert "〔住址〕" in masked
    assert not any(d in masked for d in ("88", "123", "56", "9号", "12-3", "5号", "501"))


@pytest.mark.parametrize(
    "text",
    [
        "人民路88号的停车场乱收费", "五一大道123号门前", "黄兴路与五一大道交叉口", "政务中心3楼12号窗口",
        "交警大队2楼203办公室", "阳光小区3栋楼下乱停车",
        "地铁3号线2号口", "2号岗亭", "128号车位", "停车场B区12号车位", "全村共有22个村民小组", "5组数据",
        "三组红绿灯", "12路公交车", "第3条第2款",
        "小区200户居民", "小区300多户", "万达广场3号门", "法院3楼第5审判庭", "湘雅医院住院部5楼12床", "2栋和3栋之间",
        "我家有三口人", "住院8天",
        "我住长沙，人民路88号的饭店扰民", "路灯杆号3-15", "二环线", "K12+300处",
    ],
)  # fmt: skip
def test_places_complained_about_stay(text: str) -> None:
    assert masker().mask(text) == text


def test_a_building_alone_goes_only_as_a_home() -> None:
    assert masker().mask("我家住阳光小区3栋") == "我家住阳光小区〔住址〕"
    assert masker().mask("阳光小区3栋前面堵车") == "阳光小区3栋前面堵车"
