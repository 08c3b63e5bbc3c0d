"""Every table says whether it moves with the program."""

from storage.carried import CARRIED, LEFT_OUT, tables
from storage.moving import WORK
from storage.tables import METADATA
from storage.work import Work


def test_every_table_moves_or_says_why_not() -> None:
    """A new table has to be in one of the two lists of storage/carried.py."""
    assert CARRIED & set(LEFT_OUT) == set()
    assert CARRIED | set(LEFT_OUT) == set(METADATA.tables)
    assert all(reason.endswith(".") for reason in LEFT_OUT.values())


def test_what_moves_refers_only_to_what_came_before() -> None:
    """Tables are read one after the other, so none may wait for a later row, or for none at all."""
    there = set[str]()
    for table in tables():
        assert {key.column.table.name for key in table.foreign_keys} <= there, table.name
        there.add(table.name)
    assert there == CARRIED


def test_no_database_numbers_the_rows() -> None:
    """After an import it would begin at 1 again."""
    for table in tables():
        for column in table.primary_key:
            assert column.identity is None
            assert column.server_default is None


def test_all_work_is_set_aside() -> None:
    """Whatever a worker would take up is known to the move."""
    assert {kind for kind, _ in WORK} == set(Work.__subclasses__())
