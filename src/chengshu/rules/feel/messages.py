"""The sentences behind the codes of diagnostics, in the three languages of the house."""

from __future__ import annotations

from types import MappingProxyType

from chengshu.kernel.texts import Text

MESSAGES = MappingProxyType(
    {
        "unknown-name": Text(
            "there is no «{name}» here", "此处没有名为“{name}”的内容", "此處沒有名為「{name}」的內容"
        ),
        "no-entry": Text(
            "the context has no entry «{name}»", "该上下文没有“{name}”项", "該上下文沒有「{name}」項"
        ),
        "no-property": Text(
            "a {type} has no property «{name}»",
            "{type} 类型没有属性“{name}”",
            "{type} 型別沒有屬性「{name}」",
        ),
        "no-operation": Text(
            "«{op}» is not defined between {left} and {right}",
            "{left} 与 {right} 之间不能进行“{op}”运算",
            "{left} 與 {right} 之間不能進行「{op}」運算",
        ),
        "not-negatable": Text("a {type} has no negative", "{type} 不能取负", "{type} 不能取負"),
        "not-comparable": Text(
            "{left} and {right} cannot be compared",
            "{left} 与 {right} 不可比较",
            "{left} 與 {right} 不可比較",
        ),
        "division-by-zero": Text("division by zero", "除数为零", "除數為零"),
        "not-a-number": Text(
            "the result of «{op}» is not a number that can be held",
            "“{op}”的结果不是可表示的数",
            "「{op}」的結果不是可表示的數",
        ),
        "out-of-range": Text("«{what}» is out of range", "“{what}”超出允许范围", "「{what}」超出允許範圍"),
        "not-boolean": Text(
            "{where} expects true or false, not {type}",
            "{where} 需要真或假，而不是 {type}",
            "{where} 需要真或假，而不是 {type}",
        ),
        "not-a-list": Text(
            "{where} expects a list, not {type}",
            "{where} 需要列表，而不是 {type}",
            "{where} 需要清單，而不是 {type}",
        ),
        "not-a-function": Text("{type} cannot be called", "{type} 不能被调用", "{type} 不能被呼叫"),
        "arguments": Text(
            "«{name}» cannot be called with these arguments: {problem}",
            "不能用这些参数调用“{name}”：{problem}",
            "不能用這些參數呼叫「{name}」：{problem}",
        ),
        "argument-type": Text(
            "«{name}» expects {expected} for «{parameter}», not {type}",
            "“{name}”的参数“{parameter}”需要 {expected}，而不是 {type}",
            "「{name}」的參數「{parameter}」需要 {expected}，而不是 {type}",
        ),
        "bad-value": Text(
            "«{name}» cannot use {value}", "“{name}”不能使用 {value}", "「{name}」不能使用 {value}"
        ),
        "bad-literal": Text(
            "«{value}» is not a date, time, date and time or duration",
            "“{value}”不是日期、时间、日期时间或时长",
            "「{value}」不是日期、時間、日期時間或時長",
        ),
        "bad-range": Text("the range {value} has no members", "范围 {value} 无效", "範圍 {value} 無效"),
        "bad-pattern": Text(
            "«{value}» is not a regular expression: {problem}",
            "“{value}”不是正则表达式：{problem}",
            "「{value}」不是正規表示式：{problem}",
        ),
        "duplicate-key": Text(
            "the context has «{name}» twice", "上下文中“{name}”出现两次", "上下文中「{name}」出現兩次"
        ),
        "unknown-type": Text(
            "there is no type «{name}»", "没有名为“{name}”的类型", "沒有名為「{name}」的型別"
        ),
        "type-mismatch": Text(
            "{where} must be {expected}, not {type}",
            "{where} 必须是 {expected}，而不是 {type}",
            "{where} 必須是 {expected}，而不是 {type}",
        ),
        "not-allowed": Text(
            "{where} must be one of {allowed}",
            "{where} 必须是 {allowed} 之一",
            "{where} 必須是 {allowed} 之一",
        ),
        "no-clock": Text(
            "«{name}» needs a clock, and none was given",
            "“{name}”需要时钟，但没有提供",
            "「{name}」需要時鐘，但沒有提供",
        ),
        "not-iterable": Text("nothing to go through in {type}", "{type} 不能逐项遍历", "{type} 不能逐項走訪"),
        "external-function": Text(
            "functions in other languages are not supported",
            "不支持其他语言编写的函数",
            "不支援其他語言編寫的函式",
        ),
        "foreign-value": Text(
            "a value of kind {type} cannot be used in a rule",
            "{type} 类的值不能用于规则",
            "{type} 類的值不能用於規則",
        ),
        "limit": Text(
            "stopped: more than {allowed} {limit}",
            "已停止：{limit} 超过 {allowed}",
            "已停止：{limit} 超過 {allowed}",
        ),
        "several-rules": Text(
            "the table «{name}» has hit policy {policy}, but rules {rules} match and disagree",
            "表“{name}”的命中策略为 {policy}，但规则 {rules} 同时命中且结果不一致",
            "表「{name}」的命中策略為 {policy}，但規則 {rules} 同時命中且結果不一致",
        ),
        "no-rule": Text(
            "no rule of the table «{name}» matches", "表“{name}”没有规则命中", "表「{name}」沒有規則命中"
        ),
        "no-logic": Text(
            "the decision «{name}» has no logic", "决策“{name}”没有逻辑", "決策「{name}」沒有邏輯"
        ),
        "missing-input": Text("the input «{name}» was not given", "缺少输入“{name}”", "缺少輸入「{name}」"),
        "syntax": Text(
            "«{name}» does not parse: {problem}",
            "“{name}”语法错误：{problem}",
            "「{name}」語法錯誤：{problem}",
        ),
    }
)
