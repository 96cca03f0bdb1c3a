"""The view's desk of key look-ups: one key of a base library, by a grant, through the gate and on record."""

from __future__ import annotations

from chengshu.app.view.sharing_acting import SharingActing
from chengshu.console import model as shown
from chengshu.console.model import holdings as page
from chengshu.console.model.sharing import UseResult
from chengshu.kernel.errors import Denied, Invalid, Missing
from chengshu.kernel.texts import Text
from chengshu.resources.libraries import Library, check_key, entry_name, read_libraries


class LookupDesk(SharingActing):
    """What a clerk with a grant asks of a base library: never more than one key at a time."""

    def lookups(self, person: shown.Person) -> tuple[page.LookupGrant, ...]:
        """The person's grants by which a key can be looked up."""
        self.require(person, "view", "ledger")
        found = []
        for grant in self.grants(person):
            request = self.hub.sharing.queries.request(grant.id)
            library = self._library_of(request.ask.resource)
            if library is None or request.grant is None or library.field not in request.grant.names():
                continue
            names = tuple(field.name for field in request.grant.fields if field.treatment != "withhold")
            found.append(
                page.LookupGrant(
                    grant.id,
                    grant.request,
                    grant.title,
                    library.library,
                    library.key,
                    library.field,
                    grant.purpose,
                    names,
                    grant.answers,
                    grant.why_not,
                )
            )
        return tuple(found)

    def look_up(self, person: shown.Person, grant: str, purpose: str, key: str) -> UseResult:
        """The rows of one key, as the grant shows them; a denial is a result too, with its number."""
        by = self._user(person, grant)
        library = self._library_of(self.hub.sharing.queries.request(grant).ask.resource)
        if library is None:
            raise Invalid(
                "lookup-none",
                "no key of a base library is looked up by this grant",
                where=grant,
                remedy="choose one of the grants on the page",
            )
        value = check_key(library.key, key)
        try:
            answer = self.hub.sharing.gate.lookup(grant, by, purpose, value)
        except Denied as error:
            if "use" not in error.extra:
                raise
            return UseResult(int(error.extra["use"]), denied=Text.of(error.extra["reason"]["text"]))
        rows = tuple(tuple("" if cell is None else str(cell) for cell in row) for row in answer.rows)
        notes = tuple(note.text for note in answer.notes)
        return UseResult(answer.use.seq, answer.columns, rows, answer.more, notes)

    def _library_of(self, resource: str) -> Library | None:
        """The base library whose authority an entry is."""
        try:
            name = entry_name(self.hub.ledger_queries.get(resource))
        except Missing:
            return None
        declared = read_libraries(self.city.folder).libraries
        return next((one for one in declared if name and one.entry == name), None)
