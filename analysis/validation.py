"""Tells in Chinese what is wrong with a setting or a codebook entry."""

from pydantic_core import ErrorDetails

_REASONS = {
    "missing": "缺少这一项",
    "extra_forbidden": "没有这一项",
    "int_type": "应为整数",
    "int_from_float": "应为整数",
    "float_type": "应为数字",
    "string_type": "应为文字（加引号）",
    "bool_type": "应为 true 或 false",
    "date_type": "应为日期，写作 2027-01-01",
    "date_from_datetime_parsing": "应为日期，写作 2027-01-01",
    "tuple_type": "应为列表（用方括号）",
    "dict_type": "应为一个小节",
    "model_type": "应为一个小节",
    "enum": "不在允许的取值之内",
    "literal_error": "不在允许的取值之内",
    "string_pattern_mismatch": "写法不合规定",
    "greater_than": "太小",
    "greater_than_equal": "太小",
    "less_than_equal": "太大",
}


def describe(error: ErrorDetails) -> tuple[str, str]:
    """Return the place of the first fault («site.code») and what is wrong with it."""
    place = ".".join(map(str, error["loc"])) or "整个文件"
    if error["type"] == "value_error":
        return place, str(error["ctx"]["error"])
    return place, _REASONS.get(error["type"], f"不合规定（{error['type']}）")
