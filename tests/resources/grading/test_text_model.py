"""The trained model of Chinese texts: names, addresses, firms and places that it has not been trained on."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from chengshu.resources.grading.text_features import CLASSES
from chengshu.resources.grading.text_model import kinds
from chengshu.resources.grading.text_training import TRAINED_ON, made_texts, train_text

NAMES = (
    "王小明 欧阳靖宇 張偉文 陈思远 刘洋 赵子涵 孙悦 周立波 吴京华 郑爽然 马云飞 杨幂 黄渤 徐静蕾 唐嫣 何炅"
)
WORDS = "路灯井盖 台式机 打印机 文件柜 消防栓 高跟鞋 白酒 石榴 章节 谢谢 应急 支队 全体 何处 单价 方案"


def test_words_and_names_written_by_hand() -> None:
    name = CLASSES.index("person_name")
    assert (kinds(NAMES.split()) == name).mean() >= 0.9
    assert (kinds(WORDS.split()) == name).mean() <= 0.1


def test_the_other_half_of_the_words() -> None:
    texts, truth = made_texts(501, 120, 1 - TRAINED_ON)
    right = kinds(texts) == np.array(truth)
    assert right.mean() >= 0.92
    assert right[: 120 * 4].mean() >= 0.97  # names, addresses, firms, places


def test_texts_without_chinese_have_no_kind() -> None:
    assert kinds(["abc", "", "13800138000"]).tolist() == [-1, -1, -1]


def test_the_shipped_model_is_what_training_gives(tmp_path: Path) -> None:
    accuracy = train_text(tmp_path / "text.npz", each=300)
    assert accuracy >= 0.85
    with np.load(tmp_path / "text.npz", allow_pickle=False) as made:
        assert made["weights"].shape[1] == len(CLASSES)
    assert (tmp_path / "text.npz").stat().st_size < 100_000
