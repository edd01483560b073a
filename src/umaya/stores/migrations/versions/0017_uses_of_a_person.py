"""The index from a person to the uses that were permitted for them; uses of before are taken into it."""

import sqlalchemy as sa
from alembic import op
from pyroaring import BitMap

revision = "0017"
down_revision = "0012"
branch_labels = None
depends_on = None

_USED = (
    ("uses", ("id", "entry")),
    ("use_people", ("use", "permitted")),
    ("use_persons", ("person", "entry", "use")),
    ("use_slots", ("slot", "entry", "use")),
    ("use_slot_counter", ("id", "last")),
    ("use_blocks", ("level", "block", "slot", "people")),
)
_BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "use_persons",
        sa.Column("person", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("entry", _BIG, autoincrement=False, nullable=False),
        sa.Column("use", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(["use"], ["uses.id"], name=op.f("fk_use_persons_use")),
        sa.PrimaryKeyConstraint("person", "entry", name=op.f("pk_use_persons")),
    )
    op.create_table(
        "use_slots",
        sa.Column("slot", _BIG, autoincrement=False, nullable=False),
        sa.Column("entry", _BIG, nullable=False),
        sa.Column("use", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(["use"], ["uses.id"], name=op.f("fk_use_slots_use")),
        sa.PrimaryKeyConstraint("slot", name=op.f("pk_use_slots")),
        sa.UniqueConstraint("entry", name=op.f("uq_use_slots_entry")),
    )
    counter = op.create_table(
        "use_slot_counter",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("last", _BIG, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_use_slot_counter")),
    )
    op.create_table(
        "use_blocks",
        sa.Column("level", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("block", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("slot", _BIG, autoincrement=False, nullable=False),
        sa.Column("people", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("level", "block", "slot", name=op.f("pk_use_blocks")),
    )
    op.bulk_insert(counter, [{"id": 1, "last": 0}])
    _index_uses()


def _index_uses() -> None:
    """Take in the uses that are there, in the order of their entries, one bitmap at a time."""
    bind = op.get_bind()
    uses, people, persons, slots, counter, blocks = (
        sa.table(name, *map(sa.column, columns)) for name, columns in _USED
    )
    joined = sa.select(uses.c.id, uses.c.entry).join(people, people.c.use == uses.c.id).order_by(uses.c.entry)
    slot = 0
    runs: dict[tuple[int, int], BitMap] = {}  # the unions under way, by level and block
    for use, entry in bind.execute(joined).all():
        stored = bind.execute(sa.select(people.c.permitted).where(people.c.use == use)).scalar_one()
        permitted = BitMap.deserialize(stored)
        if len(permitted) <= 64:
            if permitted:
                bind.execute(sa.insert(persons), [{"person": p, "entry": entry, "use": use} for p in permitted])
            continue
        slot += 1
        bind.execute(sa.insert(slots), [{"slot": slot, "entry": entry, "use": use}])
        for block in range(permitted.min() >> 16, (permitted.max() >> 16) + 1):
            part = permitted & BitMap(range(block << 16, (block + 1) << 16))
            if part:
                row = {"level": 0, "block": block, "slot": slot, "people": part.serialize()}
                bind.execute(sa.insert(blocks), [row])
                for level in range(1, 5):
                    runs[level, block] = runs.get((level, block), BitMap()) | part
        for level, block in [key for key in sorted(runs) if slot % 64 ** key[0] == 0]:
            union = runs.pop((level, block)).serialize()
            bind.execute(
                sa.insert(blocks), [{"level": level, "block": block, "slot": slot // 64**level, "people": union}]
            )
    bind.execute(sa.update(counter).where(counter.c.id == 1).values(last=slot))


def downgrade() -> None:
    for name in ("use_blocks", "use_slot_counter", "use_slots", "use_persons"):
        op.drop_table(name)
