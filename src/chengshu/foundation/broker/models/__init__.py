"""What a city expects of its entities (Smart Data Models), and the flags of those that differ."""

from chengshu.foundation.broker.models.declared import AttributeRule, EntityRules, read_rules
from chengshu.foundation.broker.models.quality import Flag, Models, flags
from chengshu.foundation.broker.models.schema import rules_of_schema

__all__ = ["AttributeRule", "EntityRules", "Flag", "Models", "flags", "read_rules", "rules_of_schema"]
