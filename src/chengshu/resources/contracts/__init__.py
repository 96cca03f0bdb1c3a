"""Data contracts: what a provider promises of an entry's data (ODCS, CSVW), kept and held against."""

from chengshu.resources.contracts.check import check_table, table_for
from chengshu.resources.contracts.commands import Contracts
from chengshu.resources.contracts.csvw_form import as_csvw
from chengshu.resources.contracts.model import Contract, Finding, Kept, Verdict
from chengshu.resources.contracts.queries import ContractQueries
from chengshu.resources.contracts.reading import contract_of, read_contract
from chengshu.resources.contracts.watching import ContractWatch, of_rows
from chengshu.resources.contracts.writing import document_of

__all__ = [
    "Contract",
    "ContractQueries",
    "ContractWatch",
    "Contracts",
    "Finding",
    "Kept",
    "Verdict",
    "as_csvw",
    "check_table",
    "contract_of",
    "document_of",
    "of_rows",
    "read_contract",
    "table_for",
]
