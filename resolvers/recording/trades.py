"""Trades: what each NPC that took part in one remembers of it; who trades fairly is trusted more."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from db.main.memories import MemoryType, NewMemory
from db.main.players import Person
from db.main.relationships import TrustEventSource
from db.main.trades import NewTrade, Resource, Settled, TradeStatus, TradeType
from resolvers.consequences import Cause
from resolvers.descriptions import enum, input_type
from resolvers.errors import bad_input
from resolvers.feelings import FAIR_TRADE
from resolvers.inputs import amount, past, within
from resolvers.recording.scene import Scene, Wanted
from resolvers.refusal import RefusalCode, refuse
from resolvers.scalars import BigInt

TABLE = "npc_trade_history"
FAIR = -0.2
"""A trade is fair to whom it gives at least so much less than the market would."""
IMPORTANCE, STRONGEST = 0.3, 0.5
OTHER_SIDE = {
    TradeType.OFFER_CREATED: TradeType.OFFER_ACCEPTED,
    TradeType.OFFER_ACCEPTED: TradeType.OFFER_CREATED,
    TradeType.MERCHANT_SENT: TradeType.MERCHANT_SENT,
}

enum(TradeType)
enum(TradeStatus)
enum(Resource)


@input_type
class TradeInput:
    """A trade between two players, or an offer that waits for a partner."""

    trade_id: BigInt | None = None
    """The game's own id of it. With an id, a trade that waits may be told again once it is done; told
    another time, it counts nothing twice."""
    player_id: int
    """Who gives what is offered."""
    partner_player_id: int | None = None
    """With whom; null while nobody took the offer."""
    trade_type: TradeType = TradeType.OFFER_CREATED
    """How the player came to it; the partner came to it the other way."""
    status: TradeStatus = TradeStatus.COMPLETED
    """How far it has come."""
    offered_resource: Resource | None = None
    """What the player gives; null: nothing."""
    offered_amount: BigInt = BigInt(0)
    """How much of it."""
    requested_resource: Resource | None = None
    """What the player gets for it; null: nothing."""
    requested_amount: BigInt = BigInt(0)
    """How much of it."""
    market_rate: float | None = None
    """What one of the offered resource was worth on the market, in the requested one; 1 unless told, as far
    as it matters to whether the trade was fair."""
    occurred_at: datetime | None = None
    """When it began, or for a completed one when it was done; now unless told."""

    def check(self, now: datetime) -> None:
        """Refuse what makes no sense, whatever the world is like."""
        if self.player_id == self.partner_player_id:
            raise bad_input("playerId and partnerPlayerId must differ.")
        if self.status is TradeStatus.COMPLETED and self.partner_player_id is None:
            raise bad_input("Pass partnerPlayerId for a completed trade.")
        for name, resource, quantity in (
            ("offered", self.offered_resource, self.offered_amount),
            ("requested", self.requested_resource, self.requested_amount),
        ):
            if amount(f"{name}Amount", quantity) and resource is None:
                raise bad_input(f"Pass {name}Resource where {name}Amount is not 0.")
        if self.market_rate is not None:
            within("marketRate", self.market_rate, 1e-6, 1e6)
        past("occurredAt", self.occurred_at, now)

    def name(self, wanted: Wanted) -> None:
        """Say whom and what it names."""
        wanted.players.add(self.player_id)
        if self.partner_player_id is not None:
            wanted.players.add(self.partner_player_id)
        if self.trade_id is not None:
            wanted.trades.add(self.trade_id)
        wanted.row(TABLE, 2)

    def record(self, scene: Scene) -> list[int]:
        """Record it for each NPC that took part in it; the ids of the records."""
        player = scene.player(self.player_id)
        partner = None if self.partner_player_id is None else scene.player(self.partner_player_id)
        at = scene.change.now if self.occurred_at is None else self.occurred_at
        sides = _sides(self, player, partner)
        mine = [one for one in sides if one.person.npc_id is not None and scene.is_mine(one.person.npc_id)]
        if not mine:
            refuse(RefusalCode.NOT_CONCERNED, "None of those who trade is an NPC that you may act for.")
        done = [number for one in mine if (number := one.record(scene, at)) is not None]
        if not done:
            refuse(RefusalCode.ALREADY_RECORDED, f"Trade {self.trade_id} is recorded already, and was over.")
        return done


def _sides(told: TradeInput, player: Person, partner: Person | None) -> list[_Side]:
    offered = (told.offered_resource, told.offered_amount)
    requested = (told.requested_resource, told.requested_amount)
    given = _Side(told, player, partner, told.trade_type, offered, requested, told.market_rate)
    if partner is None:
        return [given]
    market = None if told.market_rate is None else 1 / told.market_rate
    return [
        given,
        _Side(told, partner, player, OTHER_SIDE[told.trade_type], requested, offered, market),
    ]


@dataclass(frozen=True, slots=True)
class _Side:
    """A trade as one of the two sees it."""

    told: TradeInput
    person: Person
    partner: Person | None
    trade_type: TradeType
    gives: tuple[Resource | None, int]
    gets: tuple[Resource | None, int]
    market: float | None

    def record(self, scene: Scene, at: datetime) -> int | None:
        """Record this side; None where nothing is new."""
        assert self.person.npc_id is not None
        known = self._known(scene, self.person.npc_id)
        if known is None:
            record_id = next(scene.ids[TABLE])
            scene.new_trades.append(self._row(record_id, self.person.npc_id, at))
        elif known[1] is TradeStatus.PENDING and self.told.status is not TradeStatus.PENDING:
            record_id = known[0]
            scene.settled.append(Settled(record_id, self.told.status, self.told_partner, at))
        else:
            return None
        if self.told.trade_id is not None:
            scene.trades[self.told.trade_id, self.person.npc_id] = (record_id, self.told.status)
        if self.told.status is TradeStatus.COMPLETED:
            self._leave(scene, self.person.npc_id, Cause(at, TrustEventSource.TRADE, record_id))
        return record_id

    @property
    def told_partner(self) -> int | None:
        """The other one's id."""
        return None if self.partner is None else self.partner.player_id

    def _known(self, scene: Scene, npc_id: int) -> tuple[int, TradeStatus] | None:
        return None if self.told.trade_id is None else scene.trades.get((self.told.trade_id, npc_id))

    @property
    def _rate(self) -> float | None:
        return self.gets[1] / self.gives[1] if self.gives[1] else None

    @property
    def _margin(self) -> float | None:
        return None if self._rate is None or self.market is None else self._rate / self.market - 1

    @property
    def _is_fair(self) -> bool:
        """Whether it gave about what the market would, or something for nothing."""
        if self._rate is None:
            return self.gets[1] > 0
        return self._rate / (self.market or 1) - 1 >= FAIR

    def _row(self, record_id: int, npc_id: int, at: datetime) -> NewTrade:
        return NewTrade(
            id=record_id,
            npc_id=npc_id,
            trade_id=self.told.trade_id,
            trade_type=self.trade_type,
            offered_resource=self.gives[0],
            offered_amount=self.gives[1],
            requested_resource=self.gets[0],
            requested_amount=self.gets[1],
            exchange_rate=self._rate,
            market_rate_at_time=self.market,
            profit_margin=self._margin,
            partner_id=self.told_partner,
            trade_status=self.told.status,
            completed_at=at if self.told.status is TradeStatus.COMPLETED else None,
            created_at=at,
        )

    def _leave(self, scene: Scene, npc_id: int, cause: Cause) -> None:
        """What a completed trade leaves with the NPC."""
        assert self.partner is not None
        scene.made.does(npc_id, cause.at)
        scene.made.meets(npc_id, self.partner.player_id, "trade", cause.at)
        if self._is_fair:
            scene.made.feels(npc_id, self.partner.player_id, FAIR_TRADE, cause)
        weight = max(-STRONGEST, min(STRONGEST, self._margin or 0.0))
        scene.made.remembered.append(
            NewMemory(
                npc_id=npc_id,
                memory_type=MemoryType.TRADE,
                event_data=self._data(self.partner),
                importance=IMPORTANCE,
                emotional_weight=weight,
                occurred_at=cause.at,
                related_player_ids=[self.partner.player_id],
            )
        )

    def _data(self, partner: Person) -> dict[str, object]:
        return {
            "partner": partner.name,
            "gave": {} if self.gives[0] is None else {self.gives[0].value: self.gives[1]},
            "got": {} if self.gets[0] is None else {self.gets[0].value: self.gets[1]},
            "fair": self._is_fair,
        }
