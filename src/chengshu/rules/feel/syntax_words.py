"""What the parser says about a text that is no FEEL, in the three languages of the house."""

from __future__ import annotations

import re

from chengshu.kernel.texts import Text

_SAID: tuple[tuple[str, str, str], ...] = (
    ("nested too deeply", "嵌套过深", "巢狀過深"),
    ("nested more than (.+) deep", "嵌套超过 {0} 层", "巢狀超過 {0} 層"),
    ("«(.+)» does not fit here", "此处不能写“{0}”", "此處不能寫「{0}」"),
    ("named and positional arguments cannot be mixed", "参数不能混用名称与位置", "參數不能混用名稱與位置"),
    ("«(.*)» is not a name", "“{0}”不是名称", "「{0}」不是名稱"),
    (
        "«(.+)» is expected in (.+), but here is (.+)",
        "{1}中应为“{0}”，此处是 {2}",
        "{1}中應為「{0}」，此處是 {2}",
    ),
    (
        "a name is expected in (.+), but here is (.+)",
        "{0}中应为名称，此处是 {1}",
        "{0}中應為名稱，此處是 {1}",
    ),
    ("a name is expected in (.+)", "{0}中应为名称", "{0}中應為名稱"),
    ("the character «(.+)» is not part of FEEL", "字符“{0}”不属于 FEEL", "字元「{0}」不屬於 FEEL"),
    ("«(.+)» is not part of FEEL", "“{0}”不属于 FEEL", "「{0}」不屬於 FEEL"),
    ("«not» takes brackets", "not 后须加括号", "not 後須加括號"),
    ("this string has no end", "文本缺少结束引号", "文字缺少結束引號"),
    ("this string contains an escape that is no character", "文本中有无效的转义", "文字中有無效的轉義"),
    ("this comment has no end", "注释没有结束", "註解沒有結束"),
    ("there is no expression", "没有表达式", "沒有運算式"),
    ("the text is longer than (.+) characters", "文本超过 {0} 个字符", "文字超過 {0} 個字元"),
    ("something is missing here", "此处缺少内容", "此處缺少內容"),
    ("more than (.+) steps in a row", "连续步骤超过 {0} 个", "連續步驟超過 {0} 個"),
    ("more than (.+) operators in a row", "连续运算超过 {0} 个", "連續運算超過 {0} 個"),
    ("an entry is missing after this comma", "逗号后缺少一项", "逗號後缺少一項"),
    (
        "a (.+) type has one member type, as in (.+)",
        "{0} 类型有一个成员类型，如 {1}",
        "{0} 型別有一個成員型別，如 {1}",
    ),
    ("a range ends with (.+)", "区间以 {0} 结束", "區間以 {0} 結束"),
    (
        "«(.+)» has no value here; is «(.+)» meant\\?",
        "“{0}”在此没有值；是否指“{1}”？",
        "「{0}」在此沒有值；是否指「{1}」？",
    ),
    (
        "«(.+)» has no value here; it has to be required, or defined before",
        "“{0}”在此没有值；须在模型中引用或先行定义",
        "「{0}」在此沒有值；須在模型中引用或先行定義",
    ),
    (
        "«(.+)» has no value here; a text is written in quotes: (.+)",
        "“{0}”在此没有值；如为文字，须加引号：{1}",
        "「{0}」在此沒有值；如為文字，須加引號：{1}",
    ),
)
_PLACES: dict[str, tuple[str, str]] = {
    "the end": ("末尾", "結尾"),
    "a call": ("函数调用", "函式呼叫"),
    "a context type": ("上下文类型", "上下文型別"),
    "a context": ("上下文", "上下文"),
    "a context, after the name of an entry": ("上下文条目名之后", "上下文項目名之後"),
    "a filter": ("筛选", "篩選"),
    "a function type": ("函数类型", "函式型別"),
    "a function": ("函数", "函式"),
    "a list": ("列表", "清單"),
    "a range": ("区间", "區間"),
    "brackets": ("括号", "括號"),
    "the test after «in»": ("in 之后的条件", "in 之後的條件"),
    "the tests after «in»": ("in 之后的条件", "in 之後的條件"),
}
_CURES: tuple[tuple[str, str, str], ...] = (
    ("close it with (.+)", "请以 {0} 结束", "請以 {0} 結束"),
    ("separate alternatives with commas", "多个取值请用逗号分隔", "多個取值請用逗號分隔"),
    ("split (?:it|the expression)", "请拆成几个部分", "請拆成幾個部分"),
    ("use a list and sum\\(\\) or any\\(\\)", "请改用列表与 sum() 或 any()", "請改用清單與 sum() 或 any()"),
    ("write texts in (.+)", "文字请写在 {0} 中", "文字請寫在 {0} 中"),
    ("write (.+) instead(?: of (?:.+))?", "请改写为 {0}", "請改寫為 {0}"),
    ("write (.+)", "请写作 {0}", "請寫作 {0}"),
)
"""What to do about it."""

PATTERNS = tuple((re.compile(english, re.DOTALL), hans, hant) for english, hans, hant in _SAID)
_CURE_PATTERNS = tuple((re.compile(english, re.DOTALL), hans, hant) for english, hans, hant in _CURES)


_PLACED = re.compile(
    r"(?P<message>.+) \(line (?P<line>\d+), column (?P<column>\d+), (?P<near>at .+)\)", re.DOTALL
)
"""A sentence with its place in the text, as the fault of a syntax error gives it."""


def _quoted_hant(near: str) -> str:
    return near.replace("«", "「").replace("»", "」")


def in_words(message: str) -> Text:
    """The sentence in the three languages; one that is not known stays English in all."""
    placed = _PLACED.fullmatch(message)
    if placed is not None:
        inner, line, column = in_words(placed["message"]), placed["line"], placed["column"]
        near = placed["near"].removeprefix("at ")
        hans, hant = _PLACES.get(near, (near.replace("«", "“").replace("»", "”"), _quoted_hant(near)))
        return Text(
            message,
            f"{inner.zh_hans}（第 {line} 行第 {column} 个字符：{hans}）",
            f"{inner.zh_hant}（第 {line} 行第 {column} 個字元：{hant}）",
        )
    return _translated(message, PATTERNS)


def cure_in_words(remedy: str) -> Text:
    """What the parser says to do, in the three languages."""
    return _translated(remedy, _CURE_PATTERNS)


def _translated(message: str, patterns: tuple[tuple[re.Pattern[str], str, str], ...]) -> Text:
    for pattern, hans, hant in patterns:
        if found := pattern.fullmatch(message):
            parts = [_PLACES.get(part, (part, part)) for part in found.groups()]
            return Text(message, hans.format(*(p[0] for p in parts)), hant.format(*(p[1] for p in parts)))
    return Text.of(message)
