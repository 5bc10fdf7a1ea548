"""What a shop decides about its flows: a section for each area, declared beside the area's flows."""

from __future__ import annotations

from dataclasses import field

from pydantic import ConfigDict
from pydantic.dataclasses import dataclass

from flows.complaints.settings import ComplaintSettings
from flows.feedback.settings import FeedbackSettings
from flows.knowledge.settings import KnowledgeSettings
from flows.loyalty.settings import LoyaltySettings
from flows.orders.settings import OrderSettings
from flows.products.settings import ProductSettings
from flows.relationship.settings import RelationshipSettings
from flows.talking import TalkSettings


@dataclass(frozen=True, slots=True, config=ConfigDict(extra="forbid"))
class FlowSettings:
    """The sections under ``flows`` in config.yml."""

    complaints: ComplaintSettings = field(default_factory=ComplaintSettings)
    knowledge: KnowledgeSettings = field(default_factory=KnowledgeSettings)
    feedback: FeedbackSettings = field(default_factory=FeedbackSettings)
    loyalty: LoyaltySettings = field(default_factory=LoyaltySettings)
    orders: OrderSettings = field(default_factory=OrderSettings)
    products: ProductSettings = field(default_factory=ProductSettings)
    talk: TalkSettings = field(default_factory=TalkSettings)
    relationship: RelationshipSettings = field(default_factory=RelationshipSettings)
