"""Tables in files, as the rooms of data find them: whatever their encoding, in bounded memory."""

from chengshu.resources.tables.encodings import encoding_of, encoding_of_file, utf8_copy
from chengshu.resources.tables.patience import patience

__all__ = ["encoding_of", "encoding_of_file", "patience", "utf8_copy"]
