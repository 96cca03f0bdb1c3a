"""Tables in files, as the rooms of data find them: whatever their encoding, in bounded memory."""

from chengshu.resources.tables.encodings import encoding_of, encoding_of_file, utf8_copy
from chengshu.resources.tables.patience import patience
from chengshu.resources.tables.shapes import shape_of

__all__ = ["encoding_of", "encoding_of_file", "patience", "shape_of", "utf8_copy"]
