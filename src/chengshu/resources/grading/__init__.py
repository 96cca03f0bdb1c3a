"""Classification and grading of data 分類分級 (GB/T 43697-2024): what columns hold, how grave that is, and
why.
"""

from chengshu.resources.grading.classify import classify
from chengshu.resources.grading.commands import Grading
from chengshu.resources.grading.grade import Elements
from chengshu.resources.grading.model import Classification, ColumnSample, Grade, Graded
from chengshu.resources.grading.report import TableReport, grade_sample
from chengshu.resources.grading.sampling import TableSample, read_sample, samples_of, table_sample

__all__ = [
    "Classification",
    "ColumnSample",
    "Elements",
    "Grade",
    "Graded",
    "Grading",
    "TableReport",
    "TableSample",
    "classify",
    "grade_sample",
    "read_sample",
    "samples_of",
    "table_sample",
]
